/** @module The bundled events: dated by blocks that hash to their hashes, in the chain's order, each one of the contract's. */
import { topicIdOf } from '../../../domain/topic-filter.ts'
import type { Findings } from '../findings.ts'
import type { Bundle, BundleBlock } from '../format/bundle.ts'
import { decodeBundleLog } from '../format/raw-log.ts'
import { headerHash } from '../header.ts'

export function checkBlocks(bundle: Bundle, findings: Findings): void {
  const bad = [bundle.block, ...bundle.blocks].find((block) => !isBound(block))
  const order = bundle.blocks.findIndex(({ number }, i) => i > 0 && number <= (bundle.blocks[i - 1]?.number ?? 0))
  const late = bundle.blocks.some(({ number }) => number > bundle.block.number)
  const problem =
    bad !== undefined
      ? `The header of block ${bad.number} does not give its hash, number or time.`
      : order !== -1 || late
        ? 'The blocks are not in order, or lie behind the report’s block.'
        : undefined
  findings.check('blocks', problem, `The headers of ${bundle.blocks.length + 1} blocks give their hashes and times.`)
}

export function checkEvents(bundle: Bundle, findings: Findings): void {
  const problem = orderProblem(bundle) ?? meaningProblem(bundle)
  findings.check('events', problem, `${bundle.logs.length} contract events decode, in the chain's order.`)
}

const isBound = ({ header, hash, number, timestamp }: BundleBlock): boolean =>
  headerHash(header) === hash && Number(header.number) === number && Number(header.timestamp) === timestamp

function orderProblem({ logs, blocks, block, deployment }: Bundle): string | undefined {
  const hashes = new Map(blocks.map(({ number, hash }) => [number, hash]))
  for (const [i, log] of logs.entries()) {
    const before = logs[i - 1]
    const isAfter =
      before === undefined ||
      before.blockNumber < log.blockNumber ||
      (before.blockNumber === log.blockNumber && before.logIndex < log.logIndex)
    const isInRange = log.blockNumber >= deployment.deployBlock && log.blockNumber <= block.number
    if (!isAfter || !isInRange || hashes.get(log.blockNumber) !== log.blockHash) {
      return `Event ${i + 1} is not in the chain's order, or its block is not in the bundle.`
    }
  }
  return undefined
}

function meaningProblem({ logs, deployment }: Bundle): string | undefined {
  for (const [i, log] of logs.entries()) {
    const event = decodeBundleLog(log, deployment.contract)
    if (event === undefined || event.name === 'Batch' || event.name === 'Access')
      return `Event ${i + 1} is not one of the contract's.`
    if (event.name === 'TopicRegistered' && topicIdOf(event.args.filter) !== event.args.topicId) {
      return `Event ${i + 1} gives a topic another id than its filter has.`
    }
  }
  return undefined
}
