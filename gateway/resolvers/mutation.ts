/** @module What a signed-in account may have done: purposes deposited, evidence erased. Rights are those of the head. */
import { type Address, type Bytes32, type Hex, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { liesWithin } from '../../domain/filter-overlap.ts'
import type { TopicFilter } from '../../domain/topic-filter.ts'
import { type ErasureCertificate, statusOf } from '../../records/erasure/order.ts'
import { asked } from '../asked.ts'
import { everyPage } from '../audit-store/every-page.ts'
import { refuse } from '../errors.ts'
import { orderErasure } from '../evidence/order-erasure.ts'
import { isBound, keyOf } from '../evidence/purpose-desk.ts'
import { anchorOf } from './anchor.ts'
import { at } from './as-of.ts'
import { blockOf, type GatewayContext } from './context.ts'
import { requestReport } from './requested-reports.ts'
import { signedIn } from './signed-in.ts'
import { askedTopic } from './topic-scope.ts'

interface PurposeInput {
  grant: bigint
  lang: string
  text: string
  salt: Hex
}
interface EraseInput {
  account?: Address | null
  topic?: string | null
}

const MAX_PURPOSE = 2_000
const MAX_ERASED_TOPICS = 500

export const Mutation = {
  requestReport,

  async depositPurpose(_: unknown, { input }: { input: PurposeInput }, context: GatewayContext) {
    const viewer = signedIn(context)
    const block = await blockOf(context)
    const grant = await context.store.grant(input.grant, block.number)
    if (grant === undefined || grant.purpose === ZERO_BYTES32) {
      refuse('NOT_FOUND', 'There is no such grant, or it carries no commitment to a purpose.')
    }
    const topic = await context.store.topic(grant.topicId, block.number)
    const role = topic && (await asked(() => context.roles.ofTopic(viewer, topic.filter)))
    if (role !== 'TOPIC_OWNER' && grant.grantor !== viewer) {
      refuse(
        'NOT_ENTITLED',
        'Only the topic’s owner, or who gave the grant, deposits its purpose. Sign in as one of them.',
      )
    }
    const { lang, text, salt } = input
    const words = { lang, text, salt }
    const isShort = text.length <= MAX_PURPOSE && lang.length <= 35 && /^0x[0-9a-f]{64}$/.test(salt)
    if (!isShort || !isBound(grant.purpose, words)) {
      refuse(
        'PURPOSE_MISMATCH',
        'SHA-256(0x02 || salt || JCS({lang, text})) is not the grant’s commitment. Give text, language and the 32-byte salt exactly as they were hashed.',
      )
    }
    await asked(() => context.recorder.store.putPurpose({ key: keyOf(grant), ...words }))
    return at(grant, block)
  },

  async eraseEvidence(_: unknown, { input }: { input: EraseInput }, context: GatewayContext) {
    const viewer = signedIn(context)
    const { account, topic } = input
    if ((account == null) === (topic == null)) refuse('BAD_REQUEST', 'Name either the `account` or the `topic`.')
    if (account != null) {
      if (account !== viewer)
        refuse('NOT_ENTITLED', 'An account’s evidence is erased at its own request: sign in as it.')
      const purposes = await purposesOf(context, account)
      return certificate(
        await asked(() => orderErasure(context.recorder, { ground: 'subject', account, purposes })),
        context,
      )
    }
    const topicIds = await ownTopics(context, viewer, topic ?? '')
    return certificate(await asked(() => orderErasure(context.recorder, { ground: 'topic-owner', topicIds })), context)
  },
}

/** Purposes of grants to the subject are about it, too. */
async function purposesOf(context: GatewayContext, grantee: Address): Promise<Bytes32[]> {
  const { number } = await blockOf(context)
  const found = new Set<Bytes32>()
  for await (const page of everyPage((bounds) => context.store.grants({ grantee }, bounds), number)) {
    for (const grant of page) if (grant.purpose !== ZERO_BYTES32) found.add(keyOf(grant))
  }
  return [...found]
}

/** The topic and what lies below it, as far as it is the viewer's. */
async function ownTopics(context: GatewayContext, viewer: Address, text: string): Promise<Bytes32[]> {
  const filter = askedTopic(text)
  const { store, roles } = context
  const { number } = await blockOf(context)
  const found: Bytes32[] = []
  for await (const page of everyPage((bounds) => store.topics({}, bounds), number)) {
    for (const topic of page) {
      const isBelow = topic.filter === filter || liesWithin(topic.filter as TopicFilter, below(filter))
      // The chain has the last word, and is asked only for what the history says may be his.
      if (!isBelow || (await anchorOf(store, topic, number))?.owner !== viewer) continue
      if (found.length >= MAX_ERASED_TOPICS)
        refuse('RESULT_TOO_LARGE', 'Too many topics lie below it. Name a narrower one.')
      if ((await asked(() => roles.ofTopic(viewer, topic.filter))) === 'TOPIC_OWNER') found.push(topic.id)
    }
  }
  if (found.length === 0)
    refuse('NOT_ENTITLED', 'Evidence about a topic is erased at its owner’s request: sign in as its owner.')
  return found
}

const below = (filter: TopicFilter): TopicFilter =>
  filter === '#' || filter.endsWith('/#') ? filter : (`${filter}/#` as TopicFilter)

async function certificate(made: ErasureCertificate, context: GatewayContext) {
  const { erasure, left, reports } = made
  const { number } = await blockOf(context)
  const active = (await context.store.recorders(number)).filter(({ state }) => state === 'ACTIVE')
  const ids = active.map((recorder) => Number(recorder.number))
  return {
    ...erasure,
    status: statusOf(made, ids),
    left,
    reports,
    recorder: BigInt(erasure.recorded.recorderId),
    sequence: BigInt(erasure.recorded.seq),
  }
}
