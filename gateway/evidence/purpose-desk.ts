/**
 * @module Why a grant was given, in words: kept off chain, shown to the grantee, the topic's owner and its auditors, and
 * only where the words are those that the grant is bound to. That they were shown is journaled first.
 */
import { isLost } from '../../contracts/rpc/json-rpc.ts'
import { type Address, type Bytes32, fromHex, toHex } from '../../domain/bytes.ts'
import { purposeHash, purposeKey } from '../../domain/evidence.ts'
import { RecordsError } from '../../records/port.ts'
import type { StoredPurpose } from '../../records/store/port.ts'
import type { AuditGrant } from '../audit-store/port.ts'
import { type DeskPlace, roleOf } from './evidence-desk.ts'

export interface PurposeAnswer {
  status: 'OPEN' | 'WITHHELD' | 'ERASED' | 'NOT_AVAILABLE'
  reason: string
  lang?: string
  text?: string
}

export interface PurposeDesk {
  /** Never rejects for what is outside. */
  look(grant: AuditGrant): Promise<PurposeAnswer>
}

const WITHHELD = 'A purpose’s words are for the grantee, the topic’s owner and its auditors: sign in as one of them.'
const ERASED = 'The words were erased; the commitment stands.'
const NOT_DEPOSITED = 'The words were not deposited here. The topic’s owner can: depositPurpose.'
const UNREACHABLE = 'The words cannot be shown now. Ask again soon, or tell the operator.'

export function createPurposeDesk(place: DeskPlace): PurposeDesk {
  const known = new Map<bigint, Promise<PurposeAnswer>>()
  return {
    look(grant) {
      const answer = known.get(grant.number) ?? look(place, grant)
      known.set(grant.number, answer)
      return answer
    },
  }
}

async function look(place: DeskPlace, grant: AuditGrant): Promise<PurposeAnswer> {
  const { recorder, viewer } = place
  if (viewer === undefined) return { status: 'WITHHELD', reason: WITHHELD }
  try {
    const stored = await recorder.store.purpose(keyOf(grant))
    if (stored === undefined) return { status: 'NOT_AVAILABLE', reason: NOT_DEPOSITED }
    const { text, lang } = stored
    if (text === undefined || lang === undefined) return { status: 'ERASED', reason: ERASED }
    if (!isBound(grant.purpose, stored)) return { status: 'NOT_AVAILABLE', reason: NOT_DEPOSITED }
    const isShown = await disclose(place, viewer, grant)
    return isShown
      ? { status: 'OPEN', reason: 'That it was shown is recorded.', lang, text }
      : { status: 'WITHHELD', reason: WITHHELD }
  } catch (error) {
    if (error instanceof RecordsError || isLost(error)) return { status: 'NOT_AVAILABLE', reason: UNREACHABLE }
    throw error
  }
}

export const keyOf = ({ topicId, grantee, purpose }: AuditGrant): Bytes32 =>
  purposeKey({ topicId, account: grantee, purpose })

/** Whether the words hash to the commitment. */
export function isBound(commitment: Bytes32, { lang, text, salt }: Omit<StoredPurpose, 'key'>): boolean {
  if (lang === undefined || text === undefined || salt === undefined) return false
  return toHex(purposeHash(fromHex(salt), { lang, text })) === commitment
}

/** Resolves with false, and nothing journaled, for who is not entitled. */
async function disclose({ store, recorder, roles }: DeskPlace, viewer: Address, grant: AuditGrant): Promise<boolean> {
  const { head } = await store.status()
  const topic = head === undefined ? undefined : await store.topic(grant.topicId, head.number)
  const role = await roleOf(roles, viewer, { account: grant.grantee, filter: topic?.filter })
  if (role === undefined) return false
  const isSealed = topic === undefined || (await roles.isSealed(topic.filter))
  const shown = { grantId: grant.number, topicId: grant.topicId, isSealed }
  await recorder.disclose({ viewer, role, records: [], grants: [shown] })
  return true
}
