/**
 * @module Which registered topics can have decided on a name or filter: those that reach it, and the literal ones above
 * it, which denials and owners' accesses carry. Pure but for the list it is given.
 */
import type { Bytes32 } from '../../domain/bytes.ts'
import { covers, literalAncestry, literalPrefix, parseTopicFilter } from '../../domain/topic-filter.ts'
import type { AuditStore, AuditTopic } from '../audit-store/port.ts'
import { refusal } from '../errors.ts'

const PAGE = 1_000

/** Returns the ids of those topics. Throws BAD_TOPIC for text that is no name and no filter. */
export async function topicScope(store: AuditStore, text: string, block: number): Promise<Bytes32[]> {
  const wanted = parseTopicFilter(text)
  if (wanted === undefined)
    throw refusal('BAD_TOPIC', 'Give a topic name such as home/kitchen, or a filter such as home/#.')
  const above = new Set(literalAncestry(literalPrefix(wanted) ?? ''))
  const reaches = ({ filter }: AuditTopic): boolean => {
    const registered = parseTopicFilter(filter)
    return registered !== undefined && (above.has(filter) || covers(registered, wanted) || covers(wanted, registered))
  }
  const found: Bytes32[] = []
  let before: bigint | undefined
  for (;;) {
    const page = await store.topics({}, { first: PAGE, block, ...(before === undefined ? {} : { before }) })
    found.push(...page.filter(reaches).map(({ id }) => id))
    if (page.length < PAGE) return found
    before = page.at(-1)?.cursor
  }
}
