/** @module An event with its block and transaction, as graph-ts lays them out for apiVersion 0.0.9. */
import { Buffer } from 'node:buffer'
import type { Heap } from './heap.ts'
import { EthereumKind, TypeId } from './layout.ts'

/** One argument of an event: the ABI's type, and its value as the codec gave it. */
export interface EventArgument {
  name: string
  type: string
  value: string | number | bigint | boolean
}

export interface TriggerEvent {
  address: string
  logIndex: number
  /** Fields as the node gave them. */
  block: Record<string, unknown>
  transaction: Record<string, unknown>
  args: readonly EventArgument[]
}

/** Writes the event; its block and transaction stand already where `places` says. Returns its pointer. */
export function newEvent(heap: Heap, event: TriggerEvent, places: { block: number; transaction: number }): number {
  const logIndex = BigInt(event.logIndex)
  const params = event.args.map((arg) =>
    heap.newRecord(TypeId.EventParam, [heap.newString(arg.name), newArgument(heap, arg)]),
  )
  return heap.newRecord(TypeId.EthereumEvent, [
    heap.newBytes(bytesOf(event.address)),
    heap.newBigInt(logIndex),
    heap.newBigInt(logIndex),
    0, // logType
    places.block,
    places.transaction,
    heap.newArray(TypeId.ArrayEventParam, params),
    0, // receipt: not asked for in subgraph.yaml
  ])
}

function newArgument(heap: Heap, { type, value }: EventArgument): number {
  const tagged = (kind: number, payload: number): number => heap.newTagged(TypeId.EthereumValue, kind, payload)
  if (type === 'address') return tagged(EthereumKind.Address, heap.newBytes(bytesOf(value)))
  if (type === 'string') return tagged(EthereumKind.String, heap.newString(String(value)))
  if (type === 'bool') return tagged(EthereumKind.Bool, value === true ? 1 : 0)
  if (type.startsWith('bytes')) return tagged(EthereumKind.FixedBytes, heap.newBytes(bytesOf(value)))
  return tagged(EthereumKind.Uint, heap.newBigInt(BigInt(value as bigint)))
}

/** Writes a block. Returns its pointer. */
export function newBlock(heap: Heap, block: Record<string, unknown>): number {
  const hash = (name: string): number => heap.newBytes(bytesOf(block[name]))
  const number = (name: string): number => heap.newBigInt(BigInt((block[name] as string | undefined) ?? 0))
  const optional = (name: string): number => (block[name] === undefined || block[name] === null ? 0 : number(name))
  const hashes = ['hash', 'parentHash', 'sha3Uncles', 'miner', 'stateRoot', 'transactionsRoot', 'receiptsRoot']
  const numbers = ['number', 'gasUsed', 'gasLimit', 'timestamp', 'difficulty', 'totalDifficulty']
  const options = ['size', 'baseFeePerGas']
  return heap.newRecord(TypeId.EthereumBlock, [...hashes.map(hash), ...numbers.map(number), ...options.map(optional)])
}

/** Writes a transaction. Returns its pointer. */
export function newTransaction(heap: Heap, transaction: Record<string, unknown>): number {
  const hash = (name: string): number => heap.newBytes(bytesOf(transaction[name]))
  const number = (name: string): number => heap.newBigInt(BigInt((transaction[name] as string | undefined) ?? 0))
  return heap.newRecord(TypeId.EthereumTransaction, [
    hash('hash'),
    number('transactionIndex'),
    hash('from'),
    transaction.to === null || transaction.to === undefined ? 0 : hash('to'),
    number('value'),
    number('gas'),
    number('gasPrice'),
    hash('input'),
    number('nonce'),
  ])
}

const bytesOf = (hex: unknown): Uint8Array => Buffer.from(String(hex ?? '0x').slice(2), 'hex')
