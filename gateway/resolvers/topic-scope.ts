/**
 * @module Which registered topics can have decided on a name or filter, judged as reports judge it: what the chain does
 * not rule out stays in (DESIGN section 10).
 */
import type { Bytes32 } from '../../domain/bytes.ts'
import { areaOf, overlaps } from '../../domain/filter-overlap.ts'
import { parseTopicFilter, type TopicFilter } from '../../domain/topic-filter.ts'
import { everyPage } from '../audit-store/every-page.ts'
import type { AuditStore, AuditTopic, RecordScope } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'

/** SQLite takes 32,766 parameters. */
const MAX_TOPICS = 10_000

/** Throws BAD_TOPIC for text that is no name and no filter. */
export function askedTopic(text: string): TopicFilter {
  const help = 'Give a topic name such as home/kitchen, or a filter such as home/#.'
  return parseTopicFilter(text) ?? refuse('BAD_TOPIC', help)
}

/** Throws BAD_TOPIC, or RESULT_TOO_LARGE when it is of too many topics. */
export async function topicScope(store: AuditStore, text: string, block: number): Promise<RecordScope> {
  const asked = askedTopic(text)
  const topicIds: Bytes32[] = []
  const withoutGrant: Bytes32[] = []
  for await (const { id, filter } of topicsReaching(store, asked, block)) {
    const list = overlaps(areaOf(filter as TopicFilter, true), asked) ? topicIds : withoutGrant
    list.push(id)
  }
  return { topicIds, withoutGrant, unnamed: true }
}

/** Yields the topics under which a record or a right can be about what was asked for. Throws RESULT_TOO_LARGE. */
export async function* topicsReaching(
  store: AuditStore,
  asked: TopicFilter,
  block: number,
): AsyncGenerator<AuditTopic> {
  let count = 0
  for await (const page of everyPage((bounds) => store.topics({}, bounds), block)) {
    for (const topic of page) {
      if (!overlaps(areaOf(topic.filter as TopicFilter, false), asked)) continue
      if (++count > MAX_TOPICS) refuse('RESULT_TOO_LARGE', `More than ${MAX_TOPICS} topics match. Name a narrower one.`)
      yield topic
    }
  }
}
