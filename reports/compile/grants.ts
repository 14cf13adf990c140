/** @module The grants that stand behind the rows, or that gave a right to the topic in the period. Pure. */
import { LawfulBasis, Right } from '../../domain/enums.ts'
import { overlaps } from '../../domain/filter-overlap.ts'
import type { Bundle } from '../verify/format/bundle.ts'
import { decodeBundleLog } from '../verify/format/raw-log.ts'
import type { ReportGrant, ReportRow } from '../verify/format/report.ts'
import type { History } from './history.ts'
import { timeOf } from './period.ts'
import { nameOf } from './rows.ts'

/** Returns them in the order of their ids: that of issue. */
export function grantsOf(bundle: Bundle, { history, rows }: { history: History; rows: readonly ReportRow[] }) {
  const grants = new Map<number, ReportGrant>()
  for (const log of bundle.logs) {
    const event = decodeBundleLog(log, bundle.deployment.contract)
    const at = timeOf(bundle.blocks, log.blockNumber)
    if (event?.name === 'GrantIssued') {
      const { grantId, right, account, topicId, grantor, basis, purpose, until } = event.args
      const filter = history.view.topicById(topicId)?.filter ?? null
      const facts = { account, topicId, filter, grantor, purpose, until, since: at, ended: null }
      grants.set(grantId, {
        id: grantId,
        right: nameOf(Right, right),
        lawfulBasis: nameOf(LawfulBasis, basis),
        ...facts,
      })
    }
    if (event?.name === 'GrantEnded') {
      const ended = grants.get(event.args.grantId)
      if (ended !== undefined) ended.ended = { at, by: event.args.sender }
    }
  }
  const used = new Set(rows.map(({ grantId }) => grantId))
  return [...grants.values()].filter((grant) => used.has(grant.id) || reached(grant, bundle))
}

/** True when it gave a right to some name of the question, at some time of the period. */
function reached({ filter, since, until, ended }: ReportGrant, { question }: Bundle): boolean {
  const end = Math.min(until, ended?.at ?? until)
  return filter !== null && overlaps(filter, question.topicFilter) && since <= question.to && end > question.from
}
