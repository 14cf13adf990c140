/**
 * @module Several endpoints behind the one `Rpc` port, in the order of preference. It stays with a healthy one, leaves it
 * when it is down, slow, limits us or falls behind, and comes back to a preferred one that stays healthy. What must
 * agree is read from one endpoint (`pin`). Sending twice is safe: signed bytes carry their nonce.
 */
import type { Logger } from 'pino'
import { DeploymentError, type DeploymentPlace } from './assert-deployment.ts'
import { asksForMuch, Endpoint, type EndpointHealth, isTooMuch } from './endpoint.ts'
import { isLost, type Rpc, RpcError, type RpcOptions } from './json-rpc.ts'
import { splitUrls } from './secrets.ts'

export interface FailoverOptions extends RpcOptions {
  /** Endpoints on another chain, or without this contract, are refused for good. */
  deployment?: DeploymentPlace
  /** How often all endpoints are asked for their heads. */
  lookEveryMs?: number
  /** A head this many blocks and this many seconds below another one, or not where that one was so long ago, is behind. */
  maxBehind?: { blocks: number; seconds: number }
  /** How long a preferred endpoint must have been healthy again before it is used again. */
  comeBackAfterMs?: number
  /** After a failure an endpoint is let alone for so long, twice as long after each further one, at most a minute. */
  pauseMs?: number
  log?: Logger
}

export interface FailoverRpc extends Rpc {
  pin(): Promise<Rpc>
  witness(than: Rpc): Rpc | undefined
  doubt(endpoint: Rpc, why: string): void
  health(): EndpointHealth[]
}

const DEFAULTS = {
  timeoutMs: 10_000,
  lookEveryMs: 5_000,
  maxBehind: { blocks: 3, seconds: 60 },
  comeBackAfterMs: 30_000,
  pauseMs: 1_000,
}
const LOOK_TIMEOUT_MS = 5_000
/** What the others get at the start, once one has answered. */
const GRACE_MS = 500

/** Takes one URL or several, separated by commas. Throws RPC_INVALID for none. */
export function createFailoverRpc(urls: string, given: FailoverOptions = {}): FailoverRpc {
  const options = { ...DEFAULTS, ...given }
  const { timeoutMs, pauseMs, deployment } = options
  const each = { timeoutMs, pauseMs, deployment, lookTimeoutMs: LOOK_TIMEOUT_MS }
  const endpoints = splitUrls(urls).map((url) => new Endpoint(url, each))
  if (endpoints.length === 0) throw new RpcError('RPC_INVALID', 'no RPC endpoint is named. Set FLYTRAP_RPC_URL.')
  return new Failover(endpoints, options)
}

type Settled = FailoverOptions & typeof DEFAULTS

class Failover implements FailoverRpc {
  readonly #endpoints: readonly Endpoint[]
  readonly #options: Settled
  #used: Endpoint
  #opened: Promise<void> | undefined
  #lookedAt = 0
  /** The highest head by the time that it was seen, as far back as `maxBehind.seconds`. */
  #heights: { at: number; number: number }[] = []
  #told = new Set<Endpoint>()

  constructor(endpoints: readonly Endpoint[], options: Settled) {
    this.#endpoints = endpoints
    this.#options = options
    this.#used = endpoints[0] as Endpoint
  }

  get name(): string {
    return this.#endpoints.map(({ name }) => name).join(',')
  }

  async request<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    const failures: Error[] = []
    for (const endpoint of await this.#inOrder()) {
      try {
        return await endpoint.request<T>(method, params)
      } catch (error) {
        if (error instanceof RpcError) error.isAfterLoss = failures.some(isLost)
        if (!isForAnother(error, method, params)) throw error
        failures.push(error as Error)
      }
    }
    throw this.#summary(method, failures)
  }

  async pin(): Promise<Rpc> {
    const [first] = await this.#inOrder()
    return first ?? this.#used
  }

  witness(than: Rpc): Rpc | undefined {
    return this.#endpoints.find((endpoint) => endpoint !== than && endpoint.state === 'healthy')
  }

  doubt(doubted: Rpc, why: string): void {
    const endpoint = this.#endpoints.find((one) => one === doubted)
    endpoint?.distrust(why)
    this.#options.log?.error({ endpoint: doubted.name, why }, 'RPC endpoint told what was not borne out')
  }

  health(): EndpointHealth[] {
    return this.#endpoints.map((endpoint) => endpoint.health(endpoint === this.#used))
  }

  /** The one in use, then the healthy ones by preference, then the rest: asked when all else failed. */
  async #inOrder(): Promise<Endpoint[]> {
    const isAlone = this.#endpoints.length === 1
    if (!isAlone) {
      this.#opened ??= this.#firstLook()
      await this.#opened
    }
    if (!isAlone && performance.now() - this.#lookedAt > this.#options.lookEveryMs) void this.#lookAround()
    const possible = this.#endpoints.filter(({ refusal }) => refusal === undefined)
    this.#tellRefused()
    if (possible.length === 0) throw this.#endpoints[0]?.refusal
    const healthy = possible.filter(({ state }) => state === 'healthy')
    const rest = possible.filter(({ state }) => state !== 'healthy').sort((a, b) => a.retryAt - b.retryAt)
    this.#use(this.#choose(healthy, rest))
    return [
      ...new Set([this.#used, ...healthy, ...rest.filter(({ state }) => state !== 'behind' && state !== 'doubted')]),
    ]
  }

  #choose(healthy: readonly Endpoint[], rest: readonly Endpoint[]): Endpoint {
    const [preferred] = healthy
    if (preferred === undefined) return rest[0] ?? this.#used
    if (!healthy.includes(this.#used)) return preferred
    const isBack = performance.now() - preferred.healthySince >= this.#options.comeBackAfterMs
    const isPreferred = this.#endpoints.indexOf(preferred) < this.#endpoints.indexOf(this.#used)
    return isPreferred && isBack ? preferred : this.#used
  }

  #use(endpoint: Endpoint): void {
    if (endpoint === this.#used) return
    const { name: from, trouble } = this.#used
    this.#options.log?.warn({ from, to: endpoint.name, trouble }, 'another RPC endpoint is used')
    this.#used = endpoint
  }

  #tellRefused(): void {
    for (const endpoint of this.#endpoints) {
      if (endpoint.refusal === undefined || this.#told.has(endpoint)) continue
      this.#told.add(endpoint)
      const { name, refusal } = endpoint
      this.#options.log?.error({ endpoint: name, code: refusal.code, reason: refusal.message }, 'RPC endpoint refused')
    }
  }

  /** All are asked at once; a dead one delays nobody for longer than the grace. */
  async #firstLook(): Promise<void> {
    this.#lookedAt = performance.now()
    const looks = this.#endpoints.map(async (endpoint) => {
      await endpoint.look()
      if (endpoint.state !== 'healthy') throw new Error('not this one')
    })
    const all = Promise.allSettled(looks)
    const one = Promise.any(looks).then(
      () => new Promise((resolve) => setTimeout(resolve, GRACE_MS)),
      () => all,
    )
    await Promise.race([all, one])
    this.#compare()
  }

  async #lookAround(): Promise<void> {
    const now = performance.now()
    this.#lookedAt = now
    // A failed one is asked again after its pause; the rest each time.
    const due = this.#endpoints.filter(({ retryAt, state }) => state === 'healthy' || retryAt <= now)
    await Promise.all(due.map((endpoint) => endpoint.look()))
    this.#compare()
  }

  /** Judged by those that answered last: an endpoint that is away says nothing about the others. */
  #compare(): void {
    const answering = this.#endpoints.filter(({ state, head }) => isAnswering(state) && head !== undefined)
    const top = answering
      .map(({ head }) => head)
      .reduce((a, b) => ((b?.number ?? 0) > (a?.number ?? 0) ? b : a), undefined)
    if (top === undefined) return
    const { blocks, seconds } = this.#options.maxBehind
    const before = this.#heightBefore(seconds * 1_000, top.number)
    for (const endpoint of answering) {
      const { number, timestamp } = endpoint.head ?? top
      const isFar = top.number - number > blocks && top.timestamp - timestamp > seconds
      const isBehind = isFar || number < Math.min(before, top.number)
      endpoint.judge(isBehind ? `${endpoint.name} is at block ${number}, another at ${top.number}` : undefined)
    }
  }

  /** Returns the height that some endpoint had shown so long ago; notes the present one. */
  #heightBefore(ms: number, present: number): number {
    const now = performance.now()
    this.#heights.push({ at: now, number: present })
    const last = this.#heights.findLastIndex(({ at }) => at <= now - ms)
    if (last > 0) this.#heights.splice(0, last)
    return last === -1 ? 0 : (this.#heights[0]?.number ?? 0)
  }

  #summary(method: string, failures: readonly Error[]): Error {
    const [first] = failures
    const refused = this.#endpoints.every(({ refusal }) => refusal !== undefined)
    // Nobody offers the method: nothing is wrong with the endpoints.
    const isAnswer = failures.every((error) => error instanceof RpcError && error.code === 'RPC_ERROR')
    if ((this.#endpoints.length === 1 || refused || isAnswer) && first !== undefined) return first
    const reasons = this.#endpoints.map(({ name, trouble }, i) => `(${i + 1}) ${trouble ?? `${name} was not asked`}`)
    const code = failures.find((error) => error instanceof RpcError)?.code ?? 'RPC_UNREACHABLE'
    const text = `None of ${this.#endpoints.length} RPC endpoints answered ${method}: ${reasons.join(' ')}`
    return new RpcError(code, text, { cause: first })
  }
}

const isAnswering = (state: string): boolean => state === 'healthy' || state === 'behind'

/** What one endpoint cannot, another perhaps can; what a node said about the chain stands. */
function isForAnother(error: unknown, method: string, params: readonly unknown[]): boolean {
  if (error instanceof DeploymentError) return true
  if (!(error instanceof RpcError)) return false
  if (error.code === 'RPC_ERROR') return isNotOffered(error)
  return !(asksForMuch(method, params) && isTooMuch(error.code))
}

/** A method that is switched off, or state that a full node has dropped. */
const isNotOffered = ({ rpcCode, message }: RpcError): boolean =>
  rpcCode === -32_601 ||
  /method.{0,40}not (found|supported|available|exist)|missing trie node|historical state/i.test(message)
