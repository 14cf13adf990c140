/** @module What the evidence of a record answers, field by field. Its text is what was hashed; fields are read from it. */
import { ZERO_ADDRESS } from '../../domain/bytes.ts'
import type { TopicFilter } from '../../domain/topic-filter.ts'
import { RecordsError } from '../../records/port.ts'
import type { Erasure } from '../../records/store/port.ts'
import type { AuditRecord } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'
import type { EvidenceAnswer } from '../evidence/answers.ts'
import { evidenceMatch } from '../evidence/evidence-match.ts'
import { type EvidenceFields, fieldsIn } from '../evidence/fields.ts'
import type { GatewayContext } from './context.ts'
import { inclusion } from './inclusion.ts'

type EvidenceNode = EvidenceAnswer & { record: AuditRecord & { asked?: TopicFilter } }

export const Evidence = {
  text: (evidence: EvidenceNode) => (evidence.status === 'OPEN' ? evidence.stored.text : null),
  salt: (evidence: EvidenceNode) => (evidence.status === 'OPEN' ? (evidence.stored.salt ?? null) : null),
  names: (evidence: EvidenceNode) => fieldsOf(evidence).names ?? null,
  match(evidence: EvidenceNode) {
    const { asked, action } = evidence.record
    return asked === undefined ? null : evidenceMatch(asked, action, fieldsOf(evidence))
  },
  clientId: (evidence: EvidenceNode) => fieldsOf(evidence).clientId ?? null,
  address: (evidence: EvidenceNode) => fieldsOf(evidence).address ?? null,
  country: (evidence: EvidenceNode) => fieldsOf(evidence).country ?? null,
  inclusion: ({ status, record }: EvidenceNode, _: unknown, context: GatewayContext) =>
    status === 'NOT_AVAILABLE' ? null : inclusion(undefined, record, context),
  async erasure(evidence: EvidenceNode, _: unknown, { recorder }: GatewayContext) {
    if (evidence.status !== 'ERASED') return null
    const erasures = await recorder.store.erasures().catch((error: unknown) => {
      // Erased and by no order would read as a deletion that nobody asked for.
      if (error instanceof RecordsError)
        refuse('EVIDENCE_NOT_AVAILABLE', 'The orders of erasure cannot be read now. Ask again soon.')
      throw error
    })
    const found = erasures.find((erasure) => covers(erasure, evidence.record))
    return found === undefined
      ? null
      : { ...found, recorder: BigInt(found.recorded.recorderId), sequence: BigInt(found.recorded.seq) }
  },
}

/** Whom a sealed record was about is gone with its evidence: which order reached it cannot be told any more. */
function covers({ account, topicIds, before, endedBy }: Erasure, record: AuditRecord): boolean {
  if (record.sealed || record.firstAt > before || record.lastAt > (endedBy ?? record.lastAt)) return false
  const isAccount = account === undefined || (account === record.account && account !== ZERO_ADDRESS)
  return isAccount && (topicIds === undefined || topicIds.includes(record.topicId))
}

const fieldsOf = (evidence: EvidenceNode): EvidenceFields =>
  evidence.status === 'OPEN' ? fieldsIn(evidence.stored.text) : {}
