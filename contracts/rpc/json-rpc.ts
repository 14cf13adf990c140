/**
 * @module One JSON-RPC endpoint over HTTP, with a time limit, a size limit and coded failures. The node is trusted for
 * nothing that is not checked elsewhere.
 */
import { createSecretFilter, type SecretFilter } from './secrets.ts'

export type RpcErrorCode =
  | 'RPC_UNREACHABLE'
  | 'RPC_TIMEOUT'
  /** The endpoint answers, but not us: too many requests, or a key that it does not take. */
  | 'RPC_LIMITED'
  | 'RPC_ERROR'
  | 'RPC_INVALID'

interface RpcErrorDetails {
  reason?: string
  rpcCode?: number
  data?: string
  retryAfterMs?: number
  cause?: unknown
}

export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: RpcErrorCode
  /** The node's own error number, for RPC_ERROR. */
  readonly rpcCode: number | undefined
  /** Revert data, where the node gave it. */
  readonly data: string | undefined
  /** The node's own words, cleaned of secrets; else the message. */
  readonly reason: string
  /** Another endpoint was asked the same before, and its answer was lost: it may have taken effect there. */
  isAfterLoss = false
  /** When to ask again, where an endpoint that limits us said so. */
  readonly retryAfterMs: number | undefined

  constructor(code: RpcErrorCode, message: string, details: RpcErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.code = code
    this.rpcCode = details.rpcCode
    this.data = details.data
    this.reason = details.reason ?? message
    this.retryAfterMs = details.retryAfterMs
  }
}

/** The request may have taken effect although no answer came. */
export const isLost = (error: unknown): error is RpcError => error instanceof RpcError && error.code !== 'RPC_ERROR'

export interface Rpc {
  /** Where it is, without anything secret. */
  readonly name: string
  /** Resolves with the node's result. Rejects RpcError. */
  request<T>(method: string, params?: readonly unknown[]): Promise<T>
  /**
   * Returns one endpoint for a sequence of reads that must agree; absent where there is only one. It fails instead of
   * asking another: two nodes may be on two histories.
   */
  pin?(): Promise<Rpc>
  /** Returns a healthy endpoint other than `than`, to hear a second opinion; undefined when there is none. */
  witness?(than: Rpc): Rpc | undefined
  /** What this endpoint told was not borne out: others are asked for a while. */
  doubt?(endpoint: Rpc, why: string): void
}

/** Returns the one endpoint that a sequence of reads asks from first to last. */
export const pinned = async (rpc: Rpc): Promise<Rpc> => (await rpc.pin?.()) ?? rpc

export interface RpcOptions {
  /** Milliseconds for one request, answer included. */
  timeoutMs?: number
}

const DEFAULT_TIMEOUT_MS = 30_000
/** An answer beyond this is refused: a node could otherwise exhaust our memory. */
const MAX_ANSWER_BYTES = 256 << 20

/** Throws RPC_INVALID when `url` is no address. */
export function createRpc(url: string, { timeoutMs = DEFAULT_TIMEOUT_MS }: RpcOptions = {}): Rpc {
  const place = parsePlace(url)
  const { name } = place.filter
  let lastId = 0
  return {
    name,
    async request<T>(method: string, params: readonly unknown[] = []): Promise<T> {
      const id = ++lastId
      const body = JSON.stringify({ jsonrpc: '2.0', id, method, params })
      const { status, answer, retryAfterMs } = await post({ ...place, method, body, timeoutMs })
      if (answer.error !== undefined && answer.error !== null) {
        throw nodeError({ ...place, method, status, retryAfterMs }, answer.error)
      }
      if (answer.id !== id || !('result' in answer)) {
        throw new RpcError('RPC_INVALID', `${name} did not answer the ${method} that was asked`)
      }
      return answer.result as T
    },
  }
}

interface Place {
  /** Without user and password: they go into a header, and fetch refuses them here in an error that shows them. */
  url: string
  headers: Record<string, string>
  filter: SecretFilter
}

function parsePlace(text: string): Place {
  const url = URL.parse(text)
  if (url === null) throw new RpcError('RPC_INVALID', 'the address of the RPC endpoint is no http:// or https:// URL')
  const filter = createSecretFilter(url)
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (url.username !== '' || url.password !== '') {
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers.authorization = `Basic ${Buffer.from(user).toString('base64')}`
    url.username = ''
    url.password = ''
  }
  return { url: url.href, headers, filter }
}

interface Answer {
  id?: unknown
  result?: unknown
  error?: { code?: number; message?: string; data?: unknown } | null
}

interface Posted {
  status: number
  answer: Answer
  retryAfterMs: number | undefined
}

interface Post extends Place {
  method: string
  body: string
  timeoutMs: number
}

async function post({ url, headers, filter, method, body, timeoutMs }: Post): Promise<Posted> {
  const { name } = filter
  let text: string
  let response: Response
  try {
    // No redirects: they could carry the request, key and all, to somewhere else.
    const signal = AbortSignal.timeout(timeoutMs)
    response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' })
    text = await readBounded(response)
  } catch (cause) {
    if (cause instanceof RpcError) throw cause
    const timedOut = cause instanceof Error && cause.name === 'TimeoutError'
    const what = timedOut ? `did not answer ${method} within ${timeoutMs} ms` : `cannot be reached for ${method}`
    const hint = 'Check that the node runs and that FLYTRAP_RPC_URL names it.'
    throw new RpcError(timedOut ? 'RPC_TIMEOUT' : 'RPC_UNREACHABLE', `${name} ${what}. ${hint}`, { cause })
  }
  const { status } = response
  const retryAfterMs = retryAfter(response.headers.get('retry-after'))
  const answer = parseAnswer(text)
  if (answer !== undefined) return { status, answer, retryAfterMs }
  throw new RpcError(codeOfStatus(status), `${name} answered ${method} with HTTP ${status} and no JSON-RPC`, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function parseAnswer(text: string): Answer | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    const isAnswer = typeof answer === 'object' && answer !== null && ('error' in answer || 'result' in answer)
    if (isAnswer) return answer as Answer
  } catch {
    // told by the caller: HTML of a proxy, or an answer cut short
  }
  return undefined
}

/** What a gateway before the node means, when it answers in its own words. */
function codeOfStatus(status: number): RpcErrorCode {
  if (isLimit(status)) return 'RPC_LIMITED'
  if (status === 413) return 'RPC_ERROR'
  if (status === 408 || status === 504 || status === 524) return 'RPC_TIMEOUT'
  return status >= 500 ? 'RPC_UNREACHABLE' : 'RPC_INVALID'
}

const isLimit = (status: number): boolean => status === 401 || status === 402 || status === 403 || status === 429

const MAX_RETRY_AFTER_S = 60

function retryAfter(header: string | null): number | undefined {
  if (header === null || !/^\d+$/.test(header)) return undefined
  return Math.min(Number(header), MAX_RETRY_AFTER_S) * 1_000
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new RpcError('RPC_INVALID', `an answer of more than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

interface Refused {
  filter: SecretFilter
  method: string
  status: number
  retryAfterMs: number | undefined
}

/** Providers agree on no number for it: -32005 is also "too many results", which asking for less cures. */
const LIMIT_WORDS = /rate.?limit|too many requests|request (count|rate)|quota|compute units|throughput|api.?key/i

/** Hardhat puts the revert data one level deeper, Tenderly its reason. */
function detailsOf({ data, message }: NonNullable<Answer['error']>): { data: string | undefined; message: string } {
  const inner = typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {}
  const hex = [data, inner.data].find((value) => typeof value === 'string')
  const words = [message, inner.payload].filter((value) => typeof value === 'string')
  return { data: hex as string | undefined, message: words.join(': ') || 'no reason given' }
}

function nodeError({ filter, method, status, retryAfterMs }: Refused, error: NonNullable<Answer['error']>): RpcError {
  const { data, message } = detailsOf(error)
  const isLimited = isLimit(status) || LIMIT_WORDS.test(message)
  const reason = filter.clean(message)
  return new RpcError(isLimited ? 'RPC_LIMITED' : 'RPC_ERROR', `${filter.name} refused ${method}: ${reason}`, {
    reason,
    ...(typeof error.code === 'number' ? { rpcCode: error.code } : {}),
    ...(data === undefined ? {} : { data }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}
