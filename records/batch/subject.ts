/** @module Whom and what a record's evidence is about. Pure. */
import type { Evidence } from '../../domain/evidence.ts'
import { decodeRecords } from '../../domain/packed.ts'
import type { EvidenceSubject } from '../store/port.ts'

/** Returns the subject of a record's 72 bytes and its evidence text. */
export function subjectOf(bytes: Uint8Array, text: string): EvidenceSubject {
  const [record] = decodeRecords(bytes, 0, 1n)
  if (record === undefined) throw new RangeError('a record has 72 bytes')
  const { firstMs, lastMs, sealed } = JSON.parse(text) as Pick<Evidence, 'firstMs' | 'lastMs' | 'sealed'>
  const { account, topicId } = sealed ?? record
  return { account, topicId, firstAt: Math.floor(firstMs / 1_000), lastAt: Math.floor(lastMs / 1_000) }
}
