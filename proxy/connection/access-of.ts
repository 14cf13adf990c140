/** @module What a decision of one connection leaves in the journal. */
import type { Decision } from '../../domain/authorize.ts'
import { ZERO_ADDRESS } from '../../domain/bytes.ts'
import { type Action, DenialReason, Outcome } from '../../domain/enums.ts'
import type { Evidence } from '../../domain/evidence.ts'
import type { Access } from '../../records/port.ts'
import type { ProxyContext } from '../context.ts'
import type { Place } from '../geo/countries.ts'
import type { Identity } from '../identity/verdict.ts'

/** What a record says of who asked. */
export interface Asker {
  readonly id: number
  readonly context: ProxyContext
  readonly address: string
  readonly place: Place
  readonly version: 4 | 5
  readonly clientId: string
  readonly identity: Identity | undefined
  readonly behind: number
}

export function accessOf(
  asker: Asker,
  action: Action,
  decision: Decision,
  evidence: Access['evidence'] = {},
  identity: Identity | undefined = asker.identity,
): Access {
  const { block } = asker.context.chain
  const isDenied = decision.outcome === 'denied'
  return {
    action,
    outcome: isDenied ? Outcome.DENIED : Outcome.ALLOWED,
    denialReason: isDenied ? decision.reason : DenialReason.NONE,
    account: identity?.wallet ?? ZERO_ADDRESS,
    topicId: decision.topicId,
    grantId: decision.grantId,
    connectionId: asker.id,
    evidence: { ...evidenceOf(asker, identity), block: { number: block.number, hash: block.hash }, ...evidence },
  }
}

function evidenceOf(asker: Asker, identity: Identity | undefined): Partial<Evidence> {
  const { clientId, address, version, behind } = asker
  return {
    clientId,
    address,
    mqttVersion: version,
    ...asker.place,
    ...(identity?.device === undefined ? {} : { device: identity.device }),
    ...(behind === 0 ? {} : { behind }),
  }
}
