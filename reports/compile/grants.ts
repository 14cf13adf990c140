/** @module The grants that stand behind the rows, or that gave a right to the topic in the period. Pure. */
import type { ContractEvent } from '../../contracts/abi/events.ts'
import type { Address } from '../../domain/bytes.ts'
import { LawfulBasis, Right } from '../../domain/enums.ts'
import { overlaps } from '../../domain/filter-overlap.ts'
import type { View } from '../../domain/view.ts'
import type { Bundle } from '../verify/format/bundle.ts'
import { decodeBundleLog } from '../verify/format/raw-log.ts'
import type { ReportGrant, ReportRow } from '../verify/format/report.ts'
import type { History } from './history.ts'
import { timeOf } from './period.ts'
import { nameOf } from './rows.ts'

/** Returns them in the order of their ids: that of issue. */
export function grantsOf(bundle: Bundle, { history, rows }: { history: History; rows: readonly ReportRow[] }) {
  const grants = new Map<number, ReportGrant>()
  const standing = new Map<string, ReportGrant>()
  for (const log of bundle.logs) {
    const event = decodeBundleLog(log, bundle.deployment.contract)
    const at = timeOf(bundle.blocks, log.blockNumber)
    const begun = event && begunBy(event, { at, view: history.view })
    if (begun !== undefined) {
      // A right of the same kind takes the place of the one that stands; the contract tells of no end.
      const before = standing.get(begun.slot)
      if (before?.ended === null) before.ended = { at, by: begun.by }
      grants.set(begun.grant.id, begun.grant)
      standing.set(begun.slot, begun.grant)
    }
    if (event?.name === 'GrantEnded') {
      const ended = grants.get(event.args.grantId)
      if (ended !== undefined) ended.ended = { at, by: event.args.sender }
    }
  }
  const used = new Set(rows.map(({ grantId }) => grantId))
  return [...grants.values()].filter((grant) => used.has(grant.id) || reached(grant, bundle))
}

interface Begun {
  grant: ReportGrant
  /** What it stands for: one right of an account on a topic, given or bought. */
  slot: string
  by: Address
}

/** Returns the right that the event gives or sells. Who buys one has a contract with the seller: GDPR Art. 6(1)(b). */
function begunBy({ name, args }: ContractEvent, { at, view }: { at: number; view: View }): Begun | undefined {
  if (name !== 'GrantIssued' && name !== 'RightBought') return undefined
  const { grantId: id, account, topicId, purpose, until } = args
  const isBought = name === 'RightBought'
  const [grantor, basis] = isBought ? [args.seller, LawfulBasis.CONTRACT] : [args.grantor, args.basis]
  const [right, lawfulBasis] = [nameOf(Right, args.right), nameOf(LawfulBasis, basis)]
  const filter = view.topicById(topicId)?.filter ?? null
  const slot = [topicId, account, right, isBought].join()
  const grant = { id, right, account, topicId, filter, grantor, lawfulBasis, purpose, until, since: at, ended: null }
  return { grant, slot, by: isBought ? account : grantor }
}

/** True when it gave a right to some name of the question, at some time of the period. */
function reached({ filter, since, until, ended }: ReportGrant, { question }: Bundle): boolean {
  const end = Math.min(until, ended?.at ?? until)
  return filter !== null && overlaps(filter, question.topicFilter) && since <= question.to && end > question.from
}
