/**
 * @module One JSON-RPC endpoint over HTTP, with a time limit, a size limit and coded failures. The node is trusted for
 * nothing that is not checked elsewhere.
 */
export type RpcErrorCode = 'RPC_UNREACHABLE' | 'RPC_TIMEOUT' | 'RPC_ERROR' | 'RPC_INVALID'

export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: RpcErrorCode
  /** The node's own error number, for RPC_ERROR. */
  readonly rpcCode: number | undefined
  /** Revert data, where the node gave it. */
  readonly data: string | undefined

  constructor(code: RpcErrorCode, message: string, details: { rpcCode?: number; data?: string; cause?: unknown } = {}) {
    super(message, { cause: details.cause })
    this.code = code
    this.rpcCode = details.rpcCode
    this.data = details.data
  }
}

export interface Rpc {
  readonly url: string
  /** Resolves with the node's result. Rejects RpcError. */
  request<T>(method: string, params?: readonly unknown[]): Promise<T>
}

export interface RpcOptions {
  /** Milliseconds for one request, answer included. */
  timeoutMs?: number
}

const DEFAULT_TIMEOUT_MS = 30_000
/** An answer beyond this is refused: a node could otherwise exhaust our memory. */
const MAX_ANSWER_BYTES = 256 << 20

export function createRpc(url: string, { timeoutMs = DEFAULT_TIMEOUT_MS }: RpcOptions = {}): Rpc {
  let lastId = 0
  return {
    url,
    async request<T>(method: string, params: readonly unknown[] = []): Promise<T> {
      const id = ++lastId
      const body = JSON.stringify({ jsonrpc: '2.0', id, method, params })
      const answer = await post({ url, method, body, timeoutMs })
      if (answer.error !== undefined && answer.error !== null) throw nodeError(url, method, answer.error)
      if (answer.id !== id || !('result' in answer)) {
        throw new RpcError('RPC_INVALID', `${withoutSecrets(url)} did not answer the ${method} that was asked`)
      }
      return answer.result as T
    },
  }
}

interface Answer {
  id?: unknown
  result?: unknown
  error?: { code?: number; message?: string; data?: unknown } | null
}

interface Post {
  url: string
  method: string
  body: string
  timeoutMs: number
}

async function post({ url, method, body, timeoutMs }: Post): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  let text: string
  try {
    const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(timeoutMs) })
    text = await readBounded(response)
  } catch (cause) {
    if (cause instanceof RpcError) throw cause
    const timedOut = cause instanceof Error && cause.name === 'TimeoutError'
    const what = timedOut ? `did not answer ${method} within ${timeoutMs} ms` : `cannot be reached for ${method}`
    const hint = 'Check that the node runs and that FLYTRAP_RPC_URL names it.'
    throw new RpcError(timedOut ? 'RPC_TIMEOUT' : 'RPC_UNREACHABLE', `${withoutSecrets(url)} ${what}. ${hint}`, {
      cause,
    })
  }
  try {
    const answer: unknown = JSON.parse(text)
    if (typeof answer === 'object' && answer !== null) return answer
  } catch {
    // told below: HTML of a proxy, or an answer cut short
  }
  throw new RpcError('RPC_INVALID', `${withoutSecrets(url)} answered ${method} with something that is no JSON-RPC`)
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

function nodeError(url: string, method: string, error: NonNullable<Answer['error']>): RpcError {
  const data = typeof error.data === 'string' ? error.data : undefined
  return new RpcError('RPC_ERROR', `${withoutSecrets(url)} refused ${method}: ${error.message ?? 'no reason given'}`, {
    ...(error.code === undefined ? {} : { rpcCode: error.code }),
    ...(data === undefined ? {} : { data }),
  })
}

/** Endpoints carry their API key in the path, the query or the user part: only scheme and host are ever shown. */
function withoutSecrets(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'the RPC endpoint'
}
