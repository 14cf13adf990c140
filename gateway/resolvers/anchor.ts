/** @module The literal topic whose owner a topic belongs to: itself, or of a wildcard its longest registered literal prefix. */
import { literalAncestry, literalPrefix, type TopicFilter, topicIdOf } from '../../domain/topic-filter.ts'
import type { AuditStore, AuditTopic } from '../audit-store/port.ts'

export async function anchorOf(store: AuditStore, topic: AuditTopic, block: number): Promise<AuditTopic | undefined> {
  return topic.owner === undefined ? nearestLiteral(store, topic.filter as TopicFilter, block) : topic
}

/** Returns the nearest registered literal topic at or above a name or filter. */
export async function nearestLiteral(store: AuditStore, asked: TopicFilter, block: number) {
  for (const above of literalAncestry(literalPrefix(asked) ?? '')) {
    const found = await store.topic(topicIdOf(above), block)
    if (found?.owner !== undefined) return found
  }
  return undefined
}
