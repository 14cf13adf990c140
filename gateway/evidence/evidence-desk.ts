/**
 * @module Shows evidence to who may see it: the subject, the topic's owner, its auditors, as the chain says at head. What is
 * shown together is journaled together, before it is shown; what cannot be journaled is not shown.
 */

import { isLost } from '../../contracts/rpc/json-rpc.ts'
import { type Address, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { RecordsError } from '../../records/port.ts'
import type { StoredEvidence } from '../../records/store/port.ts'
import type { AuditRecord, AuditStore } from '../audit-store/port.ts'
import type { GatewayRecorder, ShownRecord } from '../recorder/port.ts'
import type { Role, Roles } from '../sign-in/roles.ts'
import { type EvidenceAnswer, notAvailable, REASONS } from './answers.ts'
import { factsOf } from './facts.ts'

export interface DeskPlace {
  store: AuditStore
  recorder: GatewayRecorder
  roles: Roles
  /** Nobody: not signed in. */
  viewer: Address | undefined
}

export interface EvidenceDesk {
  /** Never rejects for what is outside: then it is NOT_AVAILABLE, and the record stands. */
  look(record: AuditRecord): Promise<EvidenceAnswer>
}

interface Waiting {
  record: AuditRecord
  answer: (answer: EvidenceAnswer) => void
  fail: (error: unknown) => void
}

/** What is judged and waits to be journaled. */
interface Entitled {
  waiting: Waiting
  stored: StoredEvidence & { text: string }
  role: Role
  shown: ShownRecord
}

export function createEvidenceDesk(place: DeskPlace): EvidenceDesk {
  let queue: Waiting[] = []
  const known = new Map<string, Promise<EvidenceAnswer>>()
  const serve = async (): Promise<void> => {
    const all = queue
    queue = []
    const judged = await Promise.all(all.map((waiting) => judge(place, waiting)))
    const entitled = judged.filter((one) => one !== undefined)
    for (const role of new Set(entitled.map((one) => one.role))) {
      await show(
        place,
        role,
        entitled.filter((one) => one.role === role),
      )
    }
  }
  return {
    look(record) {
      const asked = known.get(record.id)
      if (asked !== undefined) return asked
      const answer = new Promise<EvidenceAnswer>((resolve, reject) => {
        // The fields of one page ask in one turn of the event loop.
        if (queue.length === 0) setImmediate(() => void serve())
        queue.push({ record, answer: resolve, fail: reject })
      })
      known.set(record.id, answer)
      return answer
    },
  }
}

/** Answers, or returns what is to be shown. */
async function judge(place: DeskPlace, waiting: Waiting): Promise<Entitled | undefined> {
  const { record, answer, fail } = waiting
  try {
    const stored = await place.recorder.store.one(Number(record.recorder), Number(record.sequence))
    if (stored === undefined) return void answer(notAvailable('NOT_STORED'))
    const { text } = stored
    if (text === undefined) return void answer({ status: 'ERASED', reason: REASONS.ERASED, stored })
    const role = place.viewer === undefined ? undefined : await entitlement(place, place.viewer, record, text)
    if (role === undefined) {
      return void answer({
        status: 'WITHHELD',
        reason: place.viewer === undefined ? REASONS.SIGN_IN : REASONS.NO_ROLE,
        stored,
      })
    }
    return { waiting, stored: { ...stored, text }, role: role.role, shown: role.shown }
  } catch (error) {
    const why = outside(error)
    return void (why === undefined ? fail(error) : answer(notAvailable(why)))
  }
}

async function entitlement({ store, roles }: DeskPlace, viewer: Address, record: AuditRecord, text: string) {
  const { account, topicId } = factsOf(record, text)
  const { head } = await store.status()
  const topic = topicId === ZERO_BYTES32 || head === undefined ? undefined : await store.topic(topicId, head.number)
  const role = await roleOf(roles, viewer, { account, filter: topic?.filter })
  if (role === undefined) return undefined
  const isSealed = record.sealed || (topic !== undefined && (await roles.isSealed(topic.filter)))
  const shown = { recorderId: Number(record.recorder), seq: Number(record.sequence), topicId, isSealed }
  return { role, shown }
}

/** Returns what entitles the viewer, the narrowest first. */
export async function roleOf(
  roles: Roles,
  viewer: Address,
  { account, filter }: { account: Address; filter: string | undefined },
): Promise<Role | undefined> {
  if (account === viewer && account !== ZERO_ADDRESS) return 'SUBJECT'
  const ofTopic = filter === undefined ? undefined : await roles.ofTopic(viewer, filter)
  if (ofTopic !== undefined) return ofTopic
  return (await roles.isAuditorOfAll(viewer)) ? 'AUDITOR' : undefined
}

/** No record, no access: what the journal refuses stays closed. */
async function show({ recorder, viewer }: DeskPlace, role: Role, entitled: readonly Entitled[]): Promise<void> {
  if (viewer === undefined) return
  try {
    await recorder.disclose({ viewer, role, records: entitled.map(({ shown }) => shown) })
    for (const { waiting, stored } of entitled) waiting.answer({ status: 'OPEN', reason: REASONS.OPEN[role], stored })
  } catch (error) {
    const why = outside(error)
    for (const { waiting } of entitled) why === undefined ? waiting.fail(error) : waiting.answer(notAvailable(why))
  }
}

/** Returns the code of what failed outside, or undefined for a mistake of ours. */
function outside(error: unknown): string | undefined {
  if (error instanceof RecordsError) return error.code
  return isLost(error) ? 'CHAIN_UNREACHABLE' : undefined
}
