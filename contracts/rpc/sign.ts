/**
 * @module Signs EIP-1559 transactions as bytes. A batch is 36 kB, and a library that goes through hex text for each step
 * takes tens of milliseconds for one, on the thread that forwards packets.
 */
import { RLP } from '@ethereumjs/rlp'
import { keccak_256 } from '@noble/hashes/sha3.js'
import secp256k1 from 'secp256k1'

type Hex = `0x${string}`

export interface Unsigned {
  /** Absent: a contract is created. */
  to?: Hex
  data?: Hex
  value?: bigint
  nonce: number
  chainId: bigint
  gas: bigint
  maxFeePerGas: bigint
  maxPriorityFeePerGas: bigint
}

const TYPE = Uint8Array.of(2)

/** Returns the serialized transaction: 0x02 ‖ rlp([chain, nonce, tip, fee, gas, to, value, data, [], y, r, s]). */
export function signTransaction(transaction: Unsigned, privateKey: Uint8Array): Hex {
  const { chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gas, to, value, data } = transaction
  const prices = [maxPriorityFeePerGas, maxFeePerGas, gas].map(integer)
  const fields = [
    integer(chainId),
    integer(BigInt(nonce)),
    ...prices,
    bytesOf(to),
    integer(value ?? 0n),
    bytesOf(data),
    [],
  ]
  const { signature, recid } = secp256k1.ecdsaSign(keccak_256(typed(fields)), privateKey)
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map(trimmed)
  return toHex(typed([...fields, integer(BigInt(recid)), r, s]))
}

/** Returns what a node calls the transaction. */
export const transactionHash = (signed: Hex): Hex => toHex(keccak_256(bytesOf(signed)))

const typed = (fields: Parameters<typeof RLP.encode>[0]): Buffer => Buffer.concat([TYPE, RLP.encode(fields)])

const bytesOf = (hex: Hex = '0x'): Buffer => Buffer.from(hex.slice(2), 'hex')

const toHex = (bytes: Uint8Array): Hex =>
  `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`

/** RLP knows no leading zeros, and zero is no byte at all. */
function integer(value: bigint): Uint8Array {
  const hex = value.toString(16)
  return value === 0n ? new Uint8Array() : Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

const trimmed = (bytes: Uint8Array): Uint8Array => bytes.subarray(bytes.findIndex((byte) => byte !== 0))
