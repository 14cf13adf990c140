/** @module Every right that the contract's events tell of, given or bought, with its end: the verifier's own fold. Pure. */
import type { EventOf } from '../../../contracts/abi/events.ts'
import type { Address } from '../../../domain/bytes.ts'
import { enumName, LawfulBasis, Right } from '../../../domain/enums.ts'
import type { Folded } from '../evidence/folded.ts'
import type { ReportGrant } from '../format/report.ts'

type Beginning = EventOf<'GrantIssued'> | EventOf<'RightBought'>

export function issuedGrants({ events, times, view }: Folded): Map<number, ReportGrant> {
  const grants = new Map<number, ReportGrant>()
  const latest = new Map<string, number>()
  const end = (id: number | undefined, at: number, by: Address): void => {
    const grant = grants.get(id ?? -1)
    if (grant !== undefined) grant.ended = { at, by }
  }
  for (const event of events) {
    const at = times.get(event.log.blockNumber) ?? 0
    if (event.name === 'GrantEnded') end(event.args.grantId, at, event.args.sender)
    if (event.name !== 'GrantIssued' && event.name !== 'RightBought') continue
    const { account, topicId, right, grantId } = event.args
    const slot = `${topicId}/${account}/${right}/${event.name}`
    // The contract keeps one of each: this one took the place of the one before, unless that had ended.
    const replaced = latest.get(slot)
    const by = event.name === 'RightBought' ? account : event.args.grantor
    if (grants.get(replaced ?? -1)?.ended === null) end(replaced, at, by)
    latest.set(slot, grantId)
    grants.set(grantId, toGrant(event, { since: at, filter: view.topicById(topicId)?.filter ?? null }))
  }
  return grants
}

function toGrant(event: Beginning, place: Pick<ReportGrant, 'since' | 'filter'>): ReportGrant {
  const { grantId: id, account, topicId, purpose, until } = event.args
  const right = enumName(Right, event.args.right) ?? `UNKNOWN_${event.args.right}`
  const [grantor, basis] =
    event.name === 'RightBought' ? [event.args.seller, LawfulBasis.CONTRACT] : [event.args.grantor, event.args.basis]
  const lawfulBasis = enumName(LawfulBasis, basis) ?? `UNKNOWN_${basis}`
  return { id, right, account, topicId, grantor, lawfulBasis, purpose, until, ...place, ended: null }
}
