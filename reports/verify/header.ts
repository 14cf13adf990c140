/** @module A block's hash rebuilt from its header: what binds a time or a state root to a hash anyone can look up. Pure. */
import { RLP } from '@ethereumjs/rlp'
import { type Bytes32, fromHex, keccak256, toHex } from '../../domain/bytes.ts'

/** In the order of the header; those after `nonce` came with later forks, each with all before it. */
export const HEADER_FIELDS = [
  'parentHash',
  'sha3Uncles',
  'miner',
  'stateRoot',
  'transactionsRoot',
  'receiptsRoot',
  'logsBloom',
  'difficulty',
  'number',
  'gasLimit',
  'gasUsed',
  'timestamp',
  'extraData',
  'mixHash',
  'nonce',
  'baseFeePerGas',
  'withdrawalsRoot',
  'blobGasUsed',
  'excessBlobGas',
  'parentBeaconBlockRoot',
  'requestsHash',
] as const

const QUANTITIES: readonly string[] = [
  'difficulty',
  'number',
  'gasLimit',
  'gasUsed',
  'timestamp',
  'baseFeePerGas',
  'blobGasUsed',
  'excessBlobGas',
]
const OBLIGATORY = HEADER_FIELDS.indexOf('baseFeePerGas')

/** Returns keccak256 of the header's RLP, or undefined when the fields are no header. */
export function headerHash(header: Record<string, string>): Bytes32 | undefined {
  const present = HEADER_FIELDS.map((name) => header[name])
  const last = present.findLastIndex((value) => value !== undefined)
  if (last < OBLIGATORY - 1) return undefined
  try {
    const values = present.slice(0, last + 1).map((value, i) => encode(HEADER_FIELDS[i]!, value))
    return toHex(keccak256(RLP.encode(values)))
  } catch {
    return undefined // not hex, or a field missing in between
  }
}

/** Returns the header's fields of a node's block, and nothing else of it. */
export function pickHeader(raw: Record<string, unknown>): Record<string, string> {
  const fields = HEADER_FIELDS.flatMap((name) => (typeof raw[name] === 'string' ? [[name, raw[name]]] : []))
  return Object.fromEntries(fields)
}

function encode(name: string, value: string | undefined): Uint8Array {
  if (value === undefined) throw new RangeError(`the header has no ${name}`)
  if (!QUANTITIES.includes(name)) return fromHex(value)
  const digits = BigInt(value).toString(16)
  return digits === '0' ? new Uint8Array() : fromHex(`0x${digits.length % 2 === 0 ? '' : '0'}${digits}`)
}
