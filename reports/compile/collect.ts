/**
 * @module Gathers a report's bundle: first every event but the accesses, which settles period and recorders; then the
 * accesses of the batches that the period needs, with their evidence. What does not fit together is refused, not left out.
 */
import { decodeLog, type RpcLog } from '../../contracts/abi/events.ts'
import type { Bytes32 } from '../../domain/bytes.ts'
import { parseTopicFilter } from '../../domain/topic-filter.ts'
import { inconsistent, ReportError } from '../errors.ts'
import type { Deployment, ReportSource, SourceBlock } from '../source.ts'
import type { Bundle, BundleBlock, BundleLog } from '../verify/format/bundle.ts'
import { STATE_EVENTS } from '../verify/format/state-events.ts'
import { headerHash, pickHeader } from '../verify/header.ts'
import { provenSlots } from '../verify/storage.ts'
import { attachEvidence } from './attach-evidence.ts'
import { attachRecords } from './attach-records.ts'
import { applyLog, type History, startHistory } from './history.ts'
import { batchesOfPeriod, settlePeriod, type TopicAccessQuestion } from './period.ts'
import type { ReportProgress } from './progress.ts'
import type { Viewer } from './viewer.ts'

export interface Collection {
  question: TopicAccessQuestion
  source: ReportSource
  deployment: Deployment
  /** Blocks that must stand on the report's block, itself counted; 1 is the head itself. */
  confirmations: number
  /** SHA-256 of the report certificate's public key: its registration is proven too. */
  spkiHash: Bytes32
  /** For whom it is made, and what that account may see; absent: for the operator, who may see all. */
  viewer?: Viewer
  /** Told how far it is. */
  onProgress?: (progress: ReportProgress) => void
}

/** Resolves with the bundle. Rejects ReportError, or what the source rejects with. */
export async function collectBundle({
  question,
  source,
  deployment,
  confirmations,
  spkiHash,
  viewer,
  onProgress = () => {},
}: Collection): Promise<Bundle> {
  if (parseTopicFilter(question.topicFilter) === undefined) {
    const text = `${JSON.stringify(question.topicFilter)} is no MQTT topic filter. Use a name such as home/kitchen, or home/#.`
    throw new ReportError('TOPIC_FILTER_INVALID', text)
  }
  onProgress({ stage: 'HISTORY', done: 0, total: 1 })
  const block = await chooseBlock(source, deployment, confirmations)
  const history = await readHistory(source, deployment, block.number)
  const blocks = await readBlocks(source, [deployment.deployBlock, ...history.logs.map((log) => log.blockNumber)])
  const period = settlePeriod(question, { history, blocks, deployBlock: deployment.deployBlock })

  const needed = history.recorders.map(({ id, batches }) => ({ id, batches: batchesOfPeriod(batches, period) }))
  onProgress({ stage: 'RECORDS', done: 0, total: 1 })
  await attachRecords(source, needed)
  await attachEvidence(source, { deployment, needed, period, view: history.view, viewer, onProgress })

  const proof = await source.proof(
    provenSlots(
      history.recorders.map(({ recorder }) => recorder),
      spkiHash,
    ),
    block.number,
  )
  return {
    format: 'flytrap-evidence/1',
    deployment: { ...deployment, chainId: Number(deployment.chainId) },
    question: period,
    ...(viewer === undefined ? {} : { viewer: viewer.account }),
    block,
    blocks,
    logs: history.logs,
    recorders: history.recorders,
    proof: proof ?? null,
  }
}

async function chooseBlock(source: ReportSource, deployment: Deployment, confirmations: number): Promise<BundleBlock> {
  const head = await source.block('latest')
  const wanted = Math.max(deployment.deployBlock, (head?.number ?? 0) - confirmations + 1)
  return toBundleBlock(await source.block(wanted), wanted)
}

async function readHistory(source: ReportSource, deployment: Deployment, toBlock: number): Promise<History> {
  const history = startHistory(deployment)
  const range = { fromBlock: deployment.deployBlock, toBlock, names: STATE_EVENTS }
  for await (const logs of source.logs(range)) {
    for (const log of logs) {
      const event = decodeLog(log)
      if (event === undefined) throw inconsistent(`log ${log.logIndex} of block ${log.blockNumber} does not decode`)
      if (event.name !== 'Batch') history.logs.push(toBundleLog(log))
      applyLog(history, event)
    }
  }
  return history
}

async function readBlocks(source: ReportSource, numbers: readonly number[]): Promise<BundleBlock[]> {
  const blocks: BundleBlock[] = []
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    blocks.push(toBundleBlock(await source.block(number), number))
  }
  return blocks
}

function toBundleBlock(block: SourceBlock | undefined, number: number): BundleBlock {
  if (block === undefined) {
    throw new ReportError('BLOCK_NOT_FOUND', `The node has no block ${number}. Wait until it has caught up, and retry.`)
  }
  const header = pickHeader(block.raw)
  if (headerHash(header) !== block.hash) throw inconsistent(`the header of block ${number} does not hash to its hash`)
  return { number: block.number, hash: block.hash, timestamp: block.timestamp, header }
}

const toBundleLog = (log: RpcLog): BundleLog => ({
  topics: log.topics,
  data: log.data,
  blockNumber: Number(log.blockNumber),
  blockHash: log.blockHash,
  transactionHash: log.transactionHash,
  transactionIndex: Number(log.transactionIndex),
  logIndex: Number(log.logIndex),
})
