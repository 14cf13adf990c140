/** @module A record's 72 bytes, made again from its words: what `recordsHash` is the hash of. Pure. */
import { type Hex, toHex } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { encodeRecord } from '../../domain/packed.ts'
import type { AuditRecord } from '../audit-store/port.ts'

export function recordBytes(record: AuditRecord): Hex {
  const { firstAt, lastAt, count, countIsLowerBound, sealed, account, topicId } = record
  return toHex(
    encodeRecord({
      action: numberOf(Action, record.action) as Action,
      outcome: numberOf(Outcome, record.outcome) as Outcome,
      denialReason: numberOf(DenialReason, record.denialReason) as DenialReason,
      grantId: Number(record.grant),
      span: lastAt - firstAt,
      firstAt,
      count,
      countIsLowerBound,
      sealed,
      account,
      topicId,
    }),
  )
}

/** A number from elsewhere is kept as UNKNOWN_n. */
const numberOf = (table: Readonly<Record<string, number>>, name: string): number =>
  table[name] ?? Number(name.replace('UNKNOWN_', ''))
