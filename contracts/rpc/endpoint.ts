/**
 * @module One of several endpoints: asked only once it has proved to hold our contract on our chain, and remembered for
 * how it answers. It judges itself; whoever holds several compares their heads.
 */
import { assertDeployment, DeploymentError, type DeploymentPlace } from './assert-deployment.ts'
import { createRpc, type Rpc, RpcError, type RpcErrorCode } from './json-rpc.ts'

export type EndpointState = 'untried' | 'healthy' | 'down' | 'slow' | 'limited' | 'behind' | 'doubted' | 'refused'

export interface EndpointHealth {
  /** Scheme and host. */
  name: string
  state: EndpointState
  /** Is it the one that is asked? */
  isUsed: boolean
  /** The latest block that it showed. */
  block: number | null
  /** Milliseconds that its last answer took. */
  latencyMs: number | null
  /** Failures in a row. */
  failures: number
  /** Why it is not healthy, in words. */
  trouble: string | null
}

export interface Head {
  number: number
  /** Unix seconds. */
  timestamp: number
}

export interface EndpointOptions {
  timeoutMs: number
  lookTimeoutMs: number
  pauseMs: number
  /** What it must hold to be asked at all; absent: not known yet. */
  deployment: DeploymentPlace | undefined
}

const LONGEST_PAUSE_MS = 60_000
const DOUBT_MS = 600_000

export class Endpoint implements Rpc {
  readonly name: string
  state: EndpointState = 'untried'
  head: Head | undefined
  trouble: string | undefined
  /** Why it is never asked again in this process: another chain, or no contract of ours. */
  refusal: DeploymentError | undefined
  /** When it last became healthy, and from when on a failed one may be asked again: `performance.now()`. */
  healthySince = 0
  retryAt = 0
  #failures = 0
  #doubtedUntil = 0
  #latencyMs: number | null = null
  #verified: Promise<void> | undefined
  readonly #rpc: Rpc
  readonly #looking: Rpc
  readonly #pauseMs: number
  readonly #deployment: DeploymentPlace | undefined

  constructor(url: string, { timeoutMs, lookTimeoutMs, pauseMs, deployment }: EndpointOptions) {
    this.#rpc = createRpc(url, { timeoutMs })
    this.#looking = createRpc(url, { timeoutMs: Math.min(timeoutMs, lookTimeoutMs) })
    this.#pauseMs = pauseMs
    this.#deployment = deployment
    this.name = this.#rpc.name
  }

  /** Rejects RpcError, or DeploymentError when it is not on our chain. */
  async request<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    await this.#verify(this.#rpc)
    return this.#ask<T>(this.#rpc, method, params)
  }

  /** Asks for its head. Never rejects: what failed is remembered. */
  async look(): Promise<void> {
    if (this.refusal !== undefined) return
    try {
      await this.#verify(this.#looking)
      await this.#ask(this.#looking, 'eth_getBlockByNumber', ['latest', false])
    } catch (error) {
      if (!(error instanceof RpcError) && !(error instanceof DeploymentError)) throw error
    }
  }

  /** Says that others are ahead of it, or no longer. */
  judge(trouble: string | undefined): void {
    if (trouble !== undefined && this.state === 'healthy') this.#become('behind', trouble)
    if (trouble === undefined && this.state === 'behind') this.#become('healthy', undefined)
  }

  /** It told what was not borne out: let alone for ten minutes, whatever it answers. */
  distrust(why: string): void {
    this.#doubtedUntil = performance.now() + DOUBT_MS
    this.retryAt = this.#doubtedUntil
    this.#become('doubted', why)
  }

  get #isDoubted(): boolean {
    return performance.now() < this.#doubtedUntil
  }

  health(isUsed: boolean): EndpointHealth {
    const { name, state, head, trouble } = this
    const [failures, latencyMs] = [this.#failures, this.#latencyMs]
    return { name, state, isUsed, block: head?.number ?? null, latencyMs, failures, trouble: trouble ?? null }
  }

  /** Once, and again after it was away: another node may answer at its address since. */
  async #verify(rpc: Rpc): Promise<void> {
    if (this.refusal !== undefined) throw this.refusal
    const place = this.#deployment
    if (place === undefined) return
    this.#verified ??= this.#assertOurs(rpc, place).catch((error: unknown) => {
      this.#verified = undefined
      throw error
    })
    await this.#verified
  }

  async #assertOurs(rpc: Rpc, place: DeploymentPlace): Promise<void> {
    try {
      await assertDeployment(rpc, place)
    } catch (error) {
      if (error instanceof RpcError) this.#noteFailure(error)
      if (!(error instanceof DeploymentError)) throw error
      // A node that still syncs has no contract yet: behind, not foreign.
      const syncing = error.code === 'NO_CODE' ? await rpc.request<unknown>('eth_syncing').catch(() => false) : false
      if (syncing !== false) this.#fail('behind', `${this.name} is still syncing`)
      else {
        this.refusal = error
        this.#become('refused', error.message)
      }
      throw error
    }
  }

  async #ask<T>(rpc: Rpc, method: string, params: readonly unknown[]): Promise<T> {
    const startedAt = performance.now()
    try {
      const result = await rpc.request<T>(method, params)
      this.#noteSuccess(performance.now() - startedAt)
      if (method === 'eth_getBlockByNumber' && params[0] === 'latest') this.#noteHead(result)
      return result
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      if (error.code === 'RPC_ERROR') this.#noteSuccess(performance.now() - startedAt)
      else if (!asksForMuch(method, params) || !isTooMuch(error.code)) this.#noteFailure(error)
      throw error
    }
  }

  #noteHead(block: unknown): void {
    const { number, timestamp } = (block ?? {}) as Record<string, unknown>
    if (typeof number === 'string') this.head = { number: Number(number), timestamp: Number(timestamp) }
  }

  #noteSuccess(latencyMs: number): void {
    this.#latencyMs = Math.round(latencyMs)
    this.#failures = 0
    if (this.state !== 'healthy' && this.state !== 'behind' && !this.#isDoubted) this.#become('healthy', undefined)
  }

  #noteFailure({ code, message, retryAfterMs }: RpcError): void {
    if (code === 'RPC_UNREACHABLE') this.#verified = undefined
    this.#fail(STATE_AFTER[code], message, retryAfterMs)
  }

  #fail(state: EndpointState, trouble: string, retryAfterMs = 0): void {
    this.#failures++
    if (this.#isDoubted) return
    const pause = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2 ** (this.#failures - 1))
    this.retryAt = performance.now() + Math.max(pause, retryAfterMs)
    this.#become(state, trouble)
  }

  #become(state: EndpointState, trouble: string | undefined): void {
    if (state === 'healthy' && this.state !== 'healthy') this.healthySince = performance.now()
    this.state = state
    this.trouble = trouble
  }
}

const STATE_AFTER: Record<RpcErrorCode, EndpointState> = {
  RPC_UNREACHABLE: 'down',
  RPC_INVALID: 'down',
  RPC_TIMEOUT: 'slow',
  RPC_LIMITED: 'limited',
  RPC_ERROR: 'healthy',
}

/** A wide range of logs may be too much for a healthy node: whoever asked asks for less. */
export function asksForMuch(method: string, params: readonly unknown[]): boolean {
  if (method !== 'eth_getLogs') return false
  const { fromBlock, toBlock } = (params[0] ?? {}) as Record<string, unknown>
  return fromBlock !== toBlock
}

export const isTooMuch = (code: RpcErrorCode): boolean => code === 'RPC_TIMEOUT' || code === 'RPC_INVALID'
