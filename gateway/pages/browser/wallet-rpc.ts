/** @module The wallet's own node as an endpoint: what a page reads of the contract, it reads from there, not from us. */
import { type Rpc, RpcError } from '../../../contracts/rpc/json-rpc.ts'
import type { Provider } from './provider.ts'

/** EIP-1193: the person said no. */
export const DECLINED = 4001

export const walletRpc = (provider: Provider): Rpc => ({
  name: 'your wallet',
  async request<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    try {
      return (await provider.request({ method, params })) as T
    } catch (error) {
      throw rpcErrorOf(error)
    }
  },
})

interface Raw {
  code?: unknown
  message?: unknown
  data?: unknown
  error?: unknown
  cause?: unknown
  originalError?: unknown
}

/** Wallets wrap what their node said in their own way: the words, the number and the revert's bytes are looked for. */
export function rpcErrorOf(error: unknown): RpcError {
  const layers = layersOf(error)
  const words = layers.map(({ message }) => message).find((message) => typeof message === 'string' && message !== '')
  const codes = layers.map(({ code }) => code).filter((code): code is number => typeof code === 'number')
  const bytes = layers.map(({ data }) => data).find((data) => typeof data === 'string' && /^0x[0-9a-f]*$/i.test(data))
  const message = typeof words === 'string' ? words : 'the wallet refused, and did not say why'
  const rpcCode = codes.find((code) => code === DECLINED || code === 4902) ?? codes[0]
  return new RpcError('RPC_ERROR', message, {
    reason: layers.map((layer) => layer.message).join(' '),
    ...(rpcCode === undefined ? {} : { rpcCode }),
    ...(typeof bytes === 'string' && bytes.length > 2 ? { data: bytes } : {}),
    cause: error,
  })
}

function layersOf(error: unknown, depth = 0): Raw[] {
  if (typeof error !== 'object' || error === null || depth > 5) return []
  const layer = error as Raw
  const inner = [layer.data, layer.error, layer.originalError, layer.cause]
  return [layer, ...inner.flatMap((value) => layersOf(value, depth + 1))]
}
