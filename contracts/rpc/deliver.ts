/**
 * @module Brings signed bytes onto the chain, once. An answer that is lost says nothing about what happened: the same
 * bytes, with the same nonce, go out again, and the chain is asked for their hash.
 */
import { isLost, type Rpc, RpcError } from './json-rpc.ts'
import { transactionHash } from './sign.ts'
import { TransactionError, throwExplained } from './transaction-error.ts'

type Hex = `0x${string}`

export interface Receipt {
  transactionHash: Hex
  blockNumber: number
  blockHash: Hex
  gasUsed: bigint
  /** Wei for each. */
  gasPrice: bigint
  contractAddress: Hex | null
}

export interface DeliverOptions {
  /** How long it may take to be mined. */
  timeoutMs?: number
  /** For how long nobody at all may answer. */
  silenceMs?: number
  /** The node has these bytes already: it is only asked. */
  isOut?: boolean
}

const DEFAULTS = { timeoutMs: 60_000, silenceMs: 10_000, isOut: false }
/** An endpoint may have dropped what it took: it is told again. */
const TELL_AGAIN_MS = 10_000

/** Resolves once mined and successful. Rejects TransactionError, or RpcError after a silence. */
export async function deliver(rpc: Rpc, signed: Hex, given: DeliverOptions = {}): Promise<Receipt> {
  const { timeoutMs, silenceMs, isOut } = { ...DEFAULTS, ...given }
  const hash = transactionHash(signed)
  const startedAt = performance.now()
  const teller = createTeller(rpc, { signed, hash, isOut })
  let answeredAt = startedAt
  for (let pause = 20; ; pause = Math.min(1_000, pause * 2)) {
    try {
      await teller.tell()
      const receipt = await getReceipt(rpc, hash)
      answeredAt = performance.now()
      if (receipt?.status === 'mined') return receipt
      if (receipt?.status === 'reverted') throw reverted(receipt)
    } catch (error) {
      if (!isLost(error)) throw error
      if (performance.now() - answeredAt > silenceMs) throw uncertain(hash, error)
    }
    if (performance.now() - startedAt > timeoutMs) throw notMined(hash, timeoutMs)
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

interface Told {
  signed: Hex
  hash: Hex
  isOut: boolean
}

/** Tells the node at once and, as it may have dropped what it took, now and then again. */
function createTeller(rpc: Rpc, { signed, hash, isOut }: Told): { tell(): Promise<void> } {
  let toldAt = isOut ? performance.now() : Number.NEGATIVE_INFINITY
  let mayBeOut = isOut
  return {
    async tell() {
      if (performance.now() - toldAt < TELL_AGAIN_MS) return
      try {
        await sendRaw(rpc, signed, hash)
        mayBeOut = true
        toldAt = performance.now()
      } catch (error) {
        mayBeOut ||= isLost(error) || isAfterLoss(error)
        // Once they may be out, a refusal may come of their own effect: only the chain knows, by their hash.
        if (!mayBeOut || isLost(error)) throw error
        toldAt = performance.now()
      }
    },
  }
}

/** Hands signed bytes to the node. Rejects TransactionError with what the node's words mean. */
export async function sendRaw(rpc: Rpc, signed: Hex, hash?: Hex): Promise<void> {
  try {
    await rpc.request<Hex>('eth_sendRawTransaction', [signed]).catch(throwExplained)
  } catch (error) {
    // Both may mean that these very bytes arrived before, and only the answer was lost.
    const code = error instanceof TransactionError ? error.code : undefined
    if (
      code !== 'ALREADY_KNOWN' &&
      (code !== 'NONCE_TOO_LOW' || !(await isKnown(rpc, hash ?? transactionHash(signed))))
    )
      throw error
  }
}

const isKnown = async (rpc: Rpc, hash: Hex): Promise<boolean> =>
  (await rpc.request<unknown>('eth_getTransactionByHash', [hash])) !== null

/** Returns the receipt, or undefined while the transaction is in no block. */
export async function getReceipt(
  rpc: Rpc,
  hash: Hex,
): Promise<(Receipt & { status: 'mined' | 'reverted' }) | undefined> {
  const raw = await rpc.request<Record<string, Hex> | null>('eth_getTransactionReceipt', [hash])
  if (raw === null || raw.blockNumber === undefined || raw.blockHash === undefined) return undefined
  return {
    transactionHash: hash,
    blockNumber: Number(raw.blockNumber),
    blockHash: raw.blockHash,
    gasUsed: BigInt(raw.gasUsed ?? 0),
    gasPrice: BigInt(raw.effectiveGasPrice ?? 0),
    contractAddress: raw.contractAddress ?? null,
    status: raw.status === '0x1' ? 'mined' : 'reverted',
  }
}

const isAfterLoss = (error: unknown): boolean =>
  error instanceof TransactionError && error.cause instanceof RpcError && error.cause.isAfterLoss

function reverted({ transactionHash, gasUsed, gasPrice }: Receipt): TransactionError {
  const spent = gasUsed * gasPrice
  return new TransactionError('REVERTED', `transaction ${transactionHash} was mined and reverted`, { spent })
}

const LOOK_FIRST = 'It may still be mined: look it up before you send it again.'

const notMined = (hash: Hex, timeoutMs: number): TransactionError =>
  new TransactionError('NOT_MINED', `transaction ${hash} was not mined within ${timeoutMs / 1_000} s. ${LOOK_FIRST}`)

/** Nobody answers any more, and the bytes may be out. */
const uncertain = (hash: Hex, cause: RpcError): RpcError =>
  new RpcError(cause.code, `${cause.message} Transaction ${hash} was being sent. ${LOOK_FIRST}`, { cause })
