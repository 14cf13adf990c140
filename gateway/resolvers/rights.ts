/** @module Who could, at a date: the owners and grants that stood. */
import type { Address } from '../../domain/bytes.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import type { AuditBlock, AuditGrant, AuditStore, AuditTopic } from '../audit-store/port.ts'

const MAX = 1_000

export async function accessRights(
  store: AuditStore,
  { topic, account }: { topic?: string; account?: Address },
  block: AuditBlock,
) {
  const page = { first: MAX, block: block.number }
  const filter = {
    ...(topic === undefined ? {} : { topicId: topicIdOf(topic) }),
    ...(account === undefined ? {} : { grantee: account }),
  }
  const grants = (await store.grants(filter, page)).filter((grant) => stands(grant, block.time))
  const owned = await ownedTopics(store, { topic, account }, page)
  const at = block.number
  return [
    ...owned.flatMap((found) =>
      (['PUBLISH', 'SUBSCRIBE'] as const).map((right) => ({
        account: { address: found.owner, at },
        topic: { ...found, at },
        right,
        grant: null,
      })),
    ),
    ...(await Promise.all(
      grants.map(async (grant) => ({
        account: { address: grant.grantee, at },
        topic: { ...(await store.topic(grant.topicId, at)), at },
        right: grant.right,
        grant: { ...grant, at },
      })),
    )),
  ]
}

const stands = (grant: AuditGrant, time: number): boolean => grant.endedAt === undefined && grant.until > time

async function ownedTopics(
  store: AuditStore,
  { topic, account }: { topic?: string | undefined; account?: Address | undefined },
  page: { first: number; block: number },
): Promise<AuditTopic[]> {
  const topics =
    topic === undefined
      ? await store.topics(account === undefined ? {} : { owner: account }, page)
      : [await store.topic(topicIdOf(topic), page.block)].filter((found) => found !== undefined)
  return topics.filter(({ owner }) => owner !== undefined && (account === undefined || owner === account))
}
