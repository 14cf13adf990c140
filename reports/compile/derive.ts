/**
 * @module From the bundle to the report: a pure function, so that whoever holds the bundle makes the same report, and the
 * same bytes of it, again (DESIGN section 10).
 */
import { sha256, toHex, utf8 } from '../../domain/bytes.ts'
import { canonicalJson } from '../../domain/evidence.ts'
import type { Bundle } from '../verify/format/bundle.ts'
import { decodeBundleLog } from '../verify/format/raw-log.ts'
import type { Report } from '../verify/format/report.ts'
import { accountsOf } from './accounts.ts'
import { grantsOf } from './grants.ts'
import { applyLog, type History, startHistory } from './history.ts'
import { lowestWatermark, timeOf } from './period.ts'
import { recorderFacts } from './recorders.ts'
import { type SortedRows, sortRows } from './rows.ts'

/** Raised with every change of what is drawn or said: an old report is then made again by its own version. */
export const TEMPLATE = 'topic-access/3'

/** anvil's chain id: whoever runs that chain can rewrite it. */
const DEVELOPMENT_CHAIN = 31_337

/** Returns the report. Throws ReportError where the bundle contradicts itself. */
export function deriveReport(bundle: Bundle, signer: Report['signer']): Report {
  const history = foldBundle(bundle)
  const sorted = sortRows(bundle, history.view)
  const recorders = bundle.recorders.map((recorder) => recorderFacts(recorder, { bundle, history }))
  const grants = grantsOf(bundle, { history, rows: sorted.rows })
  const { number, hash, timestamp } = bundle.block
  return {
    format: 'flytrap-report/1',
    kind: 'TOPIC_ACCESS',
    template: TEMPLATE,
    language: 'en',
    question: bundle.question,
    deployment: bundle.deployment,
    developmentChain: bundle.deployment.chainId === DEVELOPMENT_CHAIN,
    block: { number, hash, timestamp },
    viewer: bundle.viewer ?? 'OPERATOR',
    signer,
    evidenceDigest: toHex(sha256(utf8(canonicalJson(bundle)))),
    complete: recorders.every(({ servedInPeriod, complete }) => complete || !servedInPeriod),
    watermark: lowestWatermark({ history, blocks: bundle.blocks }),
    recorders,
    counts: { ...countsOf(sorted), events: bundle.logs.length },
    stateProof: bundle.proof !== null,
    topics: topicsOf(bundle, history, sorted),
    accounts: accountsOf(sorted.rows),
    grants,
    rows: sorted.rows,
  }
}

/** Folds the bundle's own events; its batches come as they are. */
function foldBundle(bundle: Bundle): History {
  const history = startHistory({ ...bundle.deployment, chainId: BigInt(bundle.deployment.chainId) })
  for (const log of bundle.logs) {
    const event = decodeBundleLog(log, bundle.deployment.contract)
    if (event !== undefined && event.name !== 'Batch') applyLog(history, event)
  }
  return { ...history, recorders: bundle.recorders }
}

function countsOf({ rows, ...rest }: SortedRows): Omit<Report['counts'], 'events'> {
  const count = (test: (row: Report['rows'][0]) => boolean): number => rows.filter(test).length
  return {
    ...rest,
    rows: rows.length,
    allowed: count(({ outcome }) => outcome === 'ALLOWED'),
    denied: count(({ outcome }) => outcome === 'DENIED'),
    notNarrowed: count(({ relation }) => relation === 'possible'),
    unsealed: count(({ sealed }) => sealed),
    erased: count(({ evidence }) => evidence === 'ERASED'),
    notAvailable: count(({ evidence }) => evidence === 'NOT_AVAILABLE'),
    withheld: count(({ evidence }) => evidence === 'WITHHELD'),
  }
}

/** The registered topics that rows or grants of this report speak of, in the order of registration. */
function topicsOf(bundle: Bundle, history: History, { rows }: SortedRows): Report['topics'] {
  const used = new Set(rows.map(({ topicId }) => topicId))
  return bundle.logs.flatMap((log) => {
    const event = decodeBundleLog(log, bundle.deployment.contract)
    if (event?.name !== 'TopicRegistered' || !used.has(event.args.topicId)) return []
    const { topicId, filter } = event.args
    const owner = history.view.topicById(topicId)?.owner ?? null
    return [{ topicId, filter, owner, registeredAt: timeOf(bundle.blocks, log.blockNumber) }]
  })
}
