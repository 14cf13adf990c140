/**
 * @module The chain's log as batches, in chain order, from `eth_getLogs` alone. So many blocks are asked for at once as
 * gave some ten thousand logs before: a million records never stand in memory together.
 */
import type { ContractEvent } from '../../contracts/abi/events.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import type { SequencedRecord } from '../../domain/access-record.ts'
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import { unpackAccess } from '../../domain/packed.ts'
import type { ChainBatch } from './sequence.ts'

export type ChainItem =
  | { kind: 'batch'; batch: ChainBatch }
  | { kind: 'added'; recorder: Address; recorderId: number; head: Bytes32; block: number }
  /** Records that no batch of their transaction counts. */
  | { kind: 'stray'; records: SequencedRecord[]; block: number }
  /** All up to here was told. */
  | { kind: 'read'; block: number }

const NAMES = ['Access', 'Batch', 'RecorderAdded'] as const
const LOGS_AT_ONCE = 10_000
const FIRST_BLOCKS = 16
const MOST_BLOCKS = 10_000

export interface ChainRange {
  contract: Address
  fromBlock: number
  toBlock: number
}

/** Yields what the logs tell. Rejects RpcError. */
export async function* readChain(rpc: Rpc, { contract, fromBlock, toBlock }: ChainRange): AsyncGenerator<ChainItem> {
  const assembler = new Assembler()
  let width = FIRST_BLOCKS
  for (let from = fromBlock; from <= toBlock; ) {
    const to = Math.min(toBlock, from + width - 1)
    let logs = 0
    for await (const events of readEvents(rpc, { address: contract, fromBlock: from, toBlock: to, names: NAMES })) {
      logs += events.length
      for (const event of events) yield* assembler.take(event)
    }
    yield* assembler.end()
    yield { kind: 'read', block: to }
    from = to + 1
    width = Math.min(MOST_BLOCKS, Math.max(1, logs === 0 ? width * 2 : Math.floor((width * LOGS_AT_ONCE) / logs)))
  }
}

/** Puts the records of one transaction together with the batch that ends them. */
class Assembler {
  #records: SequencedRecord[] = []
  #transaction = ''
  #block = 0;

  *take(event: ContractEvent): Generator<ChainItem> {
    const { transactionHash, blockNumber } = event.log
    if (transactionHash !== this.#transaction) yield* this.end()
    this.#transaction = transactionHash
    this.#block = blockNumber
    if (event.name === 'Access') {
      const { account, topicId, packed } = event.args
      this.#records.push(unpackAccess(account, topicId, packed))
    } else if (event.name === 'Batch') {
      const { recorder, head, ...header } = event.args
      yield { kind: 'batch', batch: { recorder, header, head, block: blockNumber, records: this.#records } }
      this.#records = []
    } else if (event.name === 'RecorderAdded') {
      yield { kind: 'added', ...event.args, block: blockNumber }
    }
  }

  *end(): Generator<ChainItem> {
    if (this.#records.length > 0) yield { kind: 'stray', records: this.#records, block: this.#block }
    this.#records = []
  }
}
