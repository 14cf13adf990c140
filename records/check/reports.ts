/** @module The reports that a journal's recorder anchored, against the contract's events. */
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import type { Address } from '../../domain/bytes.ts'
import { findIssues } from '../issue/find-issues.ts'
import type { ReportIssue } from '../issue/issue.ts'
import { type Finding, found } from './finding.ts'
import type { JournalReader } from './read-journal.ts'

export interface ReportsCheck {
  node: Rpc
  contract: Address
  journal: Pick<JournalReader, 'owner' | 'reports'>
  /** What the journal held before the chain's head was asked for: of it, all that is final must stand there. */
  before: readonly ReportIssue[]
  /** The blocks that are read, both included. */
  fromBlock: number
  toBlock: number
}

/** Yields what differs. Returns how many reports the chain holds of this recorder. Rejects RpcError. */
export async function* checkReports(check: ReportsCheck): AsyncGenerator<Finding, number> {
  const { node, contract, journal, before, fromBlock, toBlock } = check
  const { owner } = journal
  const seen = await findIssues(node, { contract, recorder: owner.recorder, fromBlock, toBlock })
  // The journal is read after the chain: what is anchored meanwhile was noted before it went out.
  const known = new Set(journal.reports().map(({ reportHash }) => reportHash))
  for (const [hash, { block, times }] of seen) {
    if (!known.has(hash)) yield found('REPORT_UNKNOWN', owner, {}, `block ${block} anchors the report ${hash}`)
    if (times > 1) yield found('REPORT_DOUBLED', owner, {}, `the report ${hash} is anchored ${times} times`)
  }
  for (const { reportHash, isFinal, place } of before) {
    if (!isFinal || seen.has(reportHash)) continue
    yield found('REPORT_MISSING', owner, {}, `block ${place?.block} does not anchor the report ${reportHash}`)
  }
  return seen.size
}
