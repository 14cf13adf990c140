/** @module The chain as a node tells it: the contract, the report's block, and every event read again. */

import { deployedCode } from '../../../contracts/abi/deployed-code.ts'
import { decodeLog, type EventName, type RpcLog } from '../../../contracts/abi/events.ts'
import { getBlock } from '../../../contracts/rpc/blocks.ts'
import type { Rpc } from '../../../contracts/rpc/json-rpc.ts'
import { readLogs } from '../../../contracts/rpc/logs.ts'
import type { Hex } from '../../../domain/bytes.ts'
import type { Findings } from '../findings.ts'
import type { Bundle, BundleBatch, BundleLog } from '../format/bundle.ts'
import { STATE_EVENTS } from '../format/state-events.ts'

/** Rejects RpcError where the node does not answer. Returns whether the report's block is on the node's chain. */
export async function checkNode(bundle: Bundle, rpc: Rpc, findings: Findings): Promise<boolean> {
  const { chainId, contract } = bundle.deployment
  const actual = Number(await rpc.request<Hex>('eth_chainId'))
  findings.check(
    'chain-id',
    actual === chainId ? undefined : `The node is on chain ${actual}, the report on ${chainId}.`,
    `The node is on chain ${chainId}.`,
  )
  const code = await rpc.request<Hex>('eth_getCode', [contract, 'latest'])
  findings.check(
    'contract-code',
    code === deployedCode({ chainId: BigInt(chainId), contract })
      ? undefined
      : `There is no FlyTrap contract at ${contract}.`,
    'The contract is FlyTrap, byte for byte.',
  )
  const block = await getBlock(rpc, bundle.block.number)
  const isThere = findings.check(
    'block-on-chain',
    block?.hash === bundle.block.hash
      ? undefined
      : `Block ${bundle.block.number} has another hash on the node's chain, or is not there.`,
    `Block ${bundle.block.number} is on the node's chain.`,
  )
  findings.check(
    'events-on-chain',
    await eventsProblem(bundle, rpc),
    'Every event of the contract up to the block is in the bundle, as it is on chain.',
  )
  return isThere
}

const EVENTS: readonly EventName[] = ['OwnershipTransferred', ...STATE_EVENTS]

async function eventsProblem(bundle: Bundle, rpc: Rpc): Promise<string | undefined> {
  const { contract, deployBlock } = bundle.deployment
  const expected = new Map([
    ...bundle.logs.map(logEntry),
    ...bundle.recorders.flatMap(({ recorder, batches }) => batches.map((batch) => batchEntry(recorder, batch))),
  ])
  let isWholeHistory = false
  for await (const logs of readLogs(rpc, {
    address: contract,
    fromBlock: deployBlock,
    toBlock: bundle.block.number,
    names: EVENTS,
  })) {
    for (const log of logs) {
      const event = decodeLog(log)
      if (event?.name === 'OwnershipTransferred') {
        // The constructor's own event: nothing can have come before this block.
        isWholeHistory ||= BigInt(event.args.previousOwner) === 0n && event.log.blockNumber === deployBlock
        continue
      }
      const place = placeOf(Number(log.blockNumber), Number(log.logIndex))
      if (expected.get(place) !== meaningOf(log))
        return `The event at ${place} is missing from the bundle, or is another on chain.`
      expected.delete(place)
    }
  }
  const [invented] = expected.keys()
  if (invented !== undefined) return `The event at ${invented} is not on chain.`
  return isWholeHistory
    ? undefined
    : `The contract was not deployed in block ${deployBlock}: earlier events may be missing.`
}

const placeOf = (block: number, index: number): string => `block ${block}, log ${index}`

const logEntry = (log: BundleLog): [string, string] => [
  placeOf(log.blockNumber, log.logIndex),
  [log.blockHash, log.transactionHash, ...log.topics, log.data].join(),
]

const batchEntry = (recorder: string, batch: BundleBatch): [string, string] => [
  placeOf(batch.blockNumber, batch.logIndex),
  batchMeaning(batch.blockHash, batch.transactionHash, { ...batch, recorder }),
]

function meaningOf(log: RpcLog): string {
  const event = decodeLog(log)
  if (event?.name === 'Batch') return batchMeaning(log.blockHash, log.transactionHash, event.args)
  return [log.blockHash, log.transactionHash, ...log.topics, log.data].join()
}

interface BatchFacts {
  recorder: string
  firstSeq: number | bigint
  count: number
  recordsHash: string
  evidenceRoot: string
  through: number
  builtAt: number
  head: string
}

const batchMeaning = (blockHash: string, transactionHash: string, batch: BatchFacts): string =>
  [
    blockHash,
    transactionHash,
    batch.recorder,
    batch.firstSeq,
    batch.count,
    batch.recordsHash,
    batch.evidenceRoot,
    batch.through,
    batch.builtAt,
    batch.head,
  ].join()
