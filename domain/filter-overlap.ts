/** @module Whether two topic filters can mean one name: what a question about a topic has to look at. Pure. */
import { covers, isWildcard, type TopicFilter } from './topic-filter.ts'

/** Returns true when some topic name matches both filters. */
export function overlaps(a: string, b: string): boolean {
  if (hidesFrom(a, b) || hidesFrom(b, a)) return false // [MQTT-4.7.2-1]
  const left = a.split('/')
  const right = b.split('/')
  for (let i = 0; ; i++) {
    const [p, q] = [left[i], right[i]]
    if (p === '#' || q === '#') {
      // The parent level too; but the parent of `/#` is the empty name, which is none. [MQTT-4.7.3-1]
      const isEmptyParent = i === 1 && (p === undefined || q === undefined) && (left[0] === '' || right[0] === '')
      return !isEmptyParent
    }
    if (p === undefined || q === undefined) return p === q
    if (p !== '+' && q !== '+' && p !== q) return false
  }
}

/**
 * Returns the filter of all names that a record under `topic` can be about, judged from the chain alone. A literal topic
 * rules over its subtree; only a grant on it is about its own name alone.
 */
export function areaOf(topic: TopicFilter, byGrant: boolean): TopicFilter {
  return isWildcard(topic) || byGrant ? topic : (`${topic}/#` as TopicFilter)
}

/** Returns true when every name of `inner` is one of `outer`. */
export const liesWithin = (inner: string, outer: string): boolean => covers(outer as TopicFilter, inner as TopicFilter)

const hidesFrom = (a: string, b: string): boolean => a.startsWith('$') && /^[+#]/.test(b)
