/** @module An entry on its way to a record: what was counted, and the 72 bytes and evidence that it closes into. Pure. */
import type { AccessRecord } from '../../domain/access-record.ts'
import type { Evidence, LeafPlace } from '../../domain/evidence.ts'
import { canonicalJson, leafHash } from '../../domain/evidence.ts'
import { encodeRecord, MAX_U24 } from '../../domain/packed.ts'
import { sealedFacts, sealedForm } from '../../domain/sealing.ts'
import { nativeSha256 } from '../native-hash.ts'
import type { Access } from '../port.ts'

/** One entry as it stands: for a window the state of its last checkpoint. Plain JSON. */
export interface EntryState {
  access: Omit<Access, 'connectionId' | 'network' | 'isCrowded' | 'evidence'>
  evidence: Access['evidence']
  firstMs: number
  lastMs: number
  count: number
  countIsLowerBound?: boolean
  isSealed?: boolean
}

export interface ClosedEntry {
  bytes: Uint8Array
  evidence: string
  salt: Uint8Array
  leaf: Uint8Array
  firstAt: number
}

/** Where an entry closes: its place in the sequence and the policy in force. */
export interface Closing {
  place: LeafPlace
  policy: number | undefined
  salt: Uint8Array
}

/** Returns the entry's final bytes. The salt is drawn by the caller, once, in the transaction that closes it. */
export function closeEntry(state: EntryState, { place, policy, salt }: Closing): ClosedEntry {
  const firstAt = Math.floor(state.firstMs / 1_000)
  const record: AccessRecord = {
    ...state.access,
    countIsLowerBound: state.countIsLowerBound === true,
    sealed: false,
    firstAt,
    span: Math.min(MAX_U24, state.access.span ?? Math.floor(state.lastMs / 1_000) - firstAt),
    count: Math.min(MAX_U24, state.count),
  }
  const isSealed = state.isSealed === true
  const known = evidenceOf(state, policy)
  const evidence = canonicalJson(isSealed ? { ...known, sealed: sealedFacts(record) } : known)
  const bytes = encodeRecord(isSealed ? sealedForm(record) : record)
  return { bytes, evidence, salt, leaf: leafHash(place, salt, evidence, nativeSha256), firstAt }
}

function evidenceOf(state: EntryState, policy: number | undefined): Evidence {
  const { firstMs, lastMs } = state
  return { ...state.evidence, version: 1, firstMs, lastMs, ...(policy === undefined ? {} : { policy }) }
}
