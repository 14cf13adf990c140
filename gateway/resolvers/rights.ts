/** @module Who could, at a moment: owners, who need no grant, and the grants that stood. */
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import { overlaps } from '../../domain/filter-overlap.ts'
import { isWildcard, literalAncestry, literalPrefix, type TopicFilter } from '../../domain/topic-filter.ts'
import { everyPage } from '../audit-store/every-page.ts'
import type { AuditBlock, AuditGrant, AuditStore, AuditTopic } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'
import { anchorOf, nearestLiteral } from './anchor.ts'
import { askedTopic, topicsReaching } from './topic-scope.ts'

/** A list without pages is whole or refused: a shorter one would read as "nobody else could". */
export const MAX_RIGHTS = 1_000

export interface RightsQuestion {
  /** A name or filter. */
  topic?: string
  account?: Address
}

/** Terms are judged at `moment` (Unix seconds). Throws BAD_TOPIC, RESULT_TOO_LARGE. */
export async function accessRights(store: AuditStore, question: RightsQuestion, at: AuditBlock, moment: number) {
  const block = at.number
  const asked = question.topic === undefined ? undefined : askedTopic(question.topic)
  const reaching = asked && (await Array.fromAsync(topicsReaching(store, asked, block)))
  const owned = await ownedTopics(store, { ...question, asked, reaching, block })
  const found = owned.flatMap((topic) =>
    (['PUBLISH', 'SUBSCRIBE'] as const).map((right) => row(topic.owner, topic, right, at)),
  )
  const granted = asked && reaching?.filter(({ filter }) => overlaps(filter, asked)).map(({ id }) => id)
  const ruling = asked === undefined || isWildcard(asked) ? undefined : await nearestLiteral(store, asked, block)
  for await (const grants of grantPages(store, { account: question.account, topicIds: granted }, block)) {
    for (const grant of grants.filter(({ endedAt, until }) => endedAt === undefined && until > moment)) {
      const topic = await store.topic(grant.topicId, block)
      if (topic === undefined || !(await counts(store, { grant, topic, ruling }, block))) continue
      found.push(row(grant.grantee, topic, grant.right, at, grant))
      assertSize(found.length)
    }
  }
  assertSize(found.length)
  return withoutSuspended(store, found, block, moment)
}

/** No granted right outlives its topic's changing hands; a bought one belongs to the topic (DESIGN section 3). */
async function counts(store: AuditStore, { grant, topic, ruling }: Standing, block: number): Promise<boolean> {
  const anchor = await anchorOf(store, topic, block)
  if (anchor === undefined || (ruling !== undefined && ruling.owner !== anchor.owner)) return false
  const since = [anchor, ruling ?? anchor].map((one) => one.since)
  return grant.bought !== undefined || since.every((number) => grant.number >= number)
}

interface Standing {
  grant: AuditGrant
  topic: AuditTopic
  /** The literal topic that rules over the one name that was asked for: handed to another, it is carved out. */
  ruling: AuditTopic | undefined
}

async function withoutSuspended(store: AuditStore, rights: Right[], block: number, moment: number): Promise<Right[]> {
  const standing: Right[] = []
  for (const right of rights) {
    const known = await store.wallet(right.account.address, block)
    if ((known?.suspendedUntil ?? 0) <= moment) standing.push(right)
  }
  return standing
}

type Right = ReturnType<typeof row>

function row(address: Address, topic: AuditTopic, right: AuditGrant['right'], at: AuditBlock, grant?: AuditGrant) {
  return { account: { address, at }, topic: { ...topic, at }, right, grant: grant ? { ...grant, at } : null }
}

interface OwnedQuestion {
  account?: Address
  asked: TopicFilter | undefined
  reaching: AuditTopic[] | undefined
  block: number
}

type Literal = AuditTopic & { owner: Address }

async function ownedTopics(store: AuditStore, { account, asked, reaching, block }: OwnedQuestion): Promise<Literal[]> {
  if (reaching !== undefined && asked !== undefined) {
    // Above what was asked for only the nearest literal topic rules: those above it end where it begins.
    const above = literalAncestry(literalPrefix(asked) ?? '')
    const nearest = above.find((filter) => reaching.some((topic) => topic.filter === filter))
    const rules = reaching.filter(({ filter }) => filter === nearest || !above.includes(filter))
    return rules.filter(isLiteral).filter(({ owner }) => account === undefined || owner === account)
  }
  const owned: Literal[] = []
  const where = account === undefined ? {} : { owner: account }
  for await (const page of everyPage((bounds) => store.topics(where, bounds), block)) {
    owned.push(...page.filter(isLiteral))
    assertSize(owned.length)
  }
  return owned
}

const isLiteral = (topic: AuditTopic): topic is Literal => topic.owner !== undefined

interface GrantQuestion {
  account: Address | undefined
  topicIds: readonly Bytes32[] | undefined
}

/** An account's own grants are few: its topics are picked from them. Without one, each topic is asked for its own. */
async function* grantPages(store: AuditStore, { account, topicIds }: GrantQuestion, block: number) {
  if (account === undefined && topicIds !== undefined) {
    for (const topicId of topicIds) yield* everyPage((page) => store.grants({ topicId }, page), block)
    return
  }
  const wanted = topicIds && new Set(topicIds)
  const where = account === undefined ? {} : { grantee: account }
  for await (const grants of everyPage((page) => store.grants(where, page), block)) {
    yield wanted === undefined ? grants : grants.filter(({ topicId }) => wanted.has(topicId))
  }
}

function assertSize(count: number): void {
  const message = `More than ${MAX_RIGHTS} rights stand. Ask for a topic or an account, or a narrower one.`
  if (count > MAX_RIGHTS) refuse('RESULT_TOO_LARGE', message)
}
