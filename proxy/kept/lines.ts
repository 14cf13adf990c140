/** @module What a line that is kept of a session tells of topics, and what may stay of it once that is erased. Pure. */
import type { Bytes32 } from '../../domain/bytes.ts'
import { covers, isWildcard, literalPrefix, type TopicFilter } from '../../domain/topic-filter.ts'
import { type ContractView, nearestLiteralTopic } from '../../domain/view.ts'
import type { Scope } from '../../records/store/port.ts'

export interface LineKind {
  /** Names and filters in clear; none: the line tells nothing that could be erased. */
  namesIn(line: string): readonly string[]
  /** Returns what stays of the line without them; undefined: nothing. */
  without(line: string): string | undefined
}

export interface Telling {
  kind: LineKind
  /** Whether one of the topics rules over the name or filter. */
  isAbout: (name: string, topicIds: readonly Bytes32[]) => boolean
}

const SHARE = '$share/'

/** Shared subscriptions. One that is forgotten can no longer be left: what its member may not read is withheld from him. */
export const GROUP_LINES: LineKind = {
  // `$share/<name>/` was judged as it was subscribed to: here it is only taken off.
  namesIn: (line) => [line.slice(line.indexOf('/', SHARE.length) + 1)],
  without: () => undefined,
}

/** What is to be forgotten, with the account as it stands in the file. */
export interface KeptScope extends Omit<Scope, 'account'> {
  account: string | undefined
}

/** Returns the scopes that reach a row, whatever its lines tell. */
export const reaching = (
  row: { account: string | null; since: number },
  scopes: readonly KeptScope[],
): readonly KeptScope[] =>
  scopes.filter(({ before, account }) => row.since <= before && (account === undefined || account === row.account))

/** Returns what stays of the lines of a row that the scopes reach. */
export function unerased(
  lines: readonly string[],
  scopes: readonly KeptScope[],
  { kind, isAbout }: Telling,
): readonly string[] {
  if (scopes.length === 0) return lines
  const isReached = (line: string): boolean => {
    const names = kind.namesIn(line)
    return scopes.some(({ topicIds }) =>
      topicIds === undefined ? names.length > 0 : names.some((name) => isAbout(name, topicIds)),
    )
  }
  return lines.flatMap((line) => (isReached(line) ? (kind.without(line) ?? []) : [line]))
}

/** Returns true when one of the topics rules over the name or filter: its nearest owned topic, or a wildcard one that covers it. */
export function isAbout(
  view: Pick<ContractView, 'topic' | 'topicById'>,
  name: string,
  topicIds: readonly Bytes32[],
): boolean {
  const literal = literalPrefix(name as TopicFilter)
  const nearest = literal === undefined ? undefined : nearestLiteralTopic(view, literal)
  if (nearest !== undefined && topicIds.includes(nearest.topicId)) return true
  return topicIds.some((topicId) => {
    const filter = view.topicById(topicId)?.filter
    return filter !== undefined && isWildcard(filter) && covers(filter as TopicFilter, name as TopicFilter)
  })
}
