/**
 * @module What MQTT topic names and filters mean: MQTT 5 section 4.7, decided on bytes, with no normalisation
 * [MQTT-4.7.3-4]. The one validator of the product; no library's is trusted here. Pure.
 */
import { type Bytes32, keccak256, toHex, utf8 } from './bytes.ts'

/** A filter that passed {@link parseTopicFilter}; a plain string is not one. */
export type TopicFilter = string & { readonly brand: 'TopicFilter' }
/** A name that passed {@link parseTopicName}. */
export type TopicName = string & { readonly brand: 'TopicName' }

/** [MQTT-4.7.3-3] */
export const MAX_TOPIC_BYTES = 65_535
/** What the contract registers (DESIGN section 3). */
export const MAX_REGISTERED_BYTES = 256
export const MAX_REGISTERED_LEVELS = 16

/** Returns the name, or undefined when it must not stand in a PUBLISH: empty, NUL, wildcard, ill-formed, too long. */
export function parseTopicName(text: string): TopicName | undefined {
  if (!isMqttText(text) || /[+#]/.test(text)) return undefined // [MQTT-3.3.2-2] [MQTT-4.7.1-1]
  return text as TopicName
}

/** Returns the filter, or undefined when section 4.7 forbids it. Share prefixes are not taken apart: see {@link parseSubscription}. */
export function parseTopicFilter(text: string): TopicFilter | undefined {
  if (!isMqttText(text)) return undefined
  const levels = text.split('/')
  const wellFormed = levels.every((level, i) => {
    if (level === '#') return i === levels.length - 1 // [MQTT-4.7.1-1]
    return level === '+' || !/[+#]/.test(level) // [MQTT-4.7.1-2]
  })
  return wellFormed ? (text as TopicFilter) : undefined
}

const SHARE = '$share/'

/** Returns true for `$share/…`: a shared subscription, well-formed or not. */
export const isShared = (text: string): boolean => text.startsWith(SHARE)

/**
 * Returns what a subscription reads: the filter itself, or what `$share/<name>/` stands before. Undefined when it is
 * ill-formed: no share name, one with a wildcard, or no filter behind it. [MQTT-4.8.2-1] [MQTT-4.8.2-2]
 */
export function parseSubscription(text: string): TopicFilter | undefined {
  if (!isShared(text)) return parseTopicFilter(text)
  const [, name = '', filter = ''] = /^([^/]*)\/(.*)$/su.exec(text.slice(SHARE.length)) ?? []
  if (name === '' || /[+#]/.test(name) || !isMqttText(text)) return undefined
  return parseTopicFilter(filter)
}

/**
 * Returns the filter when the contract would register it: at most 256 bytes and 16 levels, and no control characters
 * (U+0000 to U+001F, U+007F). The same table of vectors binds the contract.
 */
export function parseRegisteredFilter(text: string): TopicFilter | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\u007f]/.test(text)) return undefined
  if (utf8(text).length > MAX_REGISTERED_BYTES || text.split('/').length > MAX_REGISTERED_LEVELS) return undefined
  return parseTopicFilter(text)
}

/** Returns true when `filter` matches `name`. `#` also matches the parent level; `$` names only literal first levels. */
export function matches(filter: TopicFilter, name: TopicName): boolean {
  return covers(filter, name as string as TopicFilter)
}

/**
 * Returns true when every topic name that matches `requested` also matches `granted`, judged level by level. It errs
 * only to the narrow side (`+/#` does not cover `#`).
 */
export function covers(granted: TopicFilter, requested: TopicFilter): boolean {
  if (requested.startsWith('$') && /^[+#]/.test(granted)) return false // [MQTT-4.7.2-1]
  const want = requested.split('/')
  const have = granted.split('/')
  for (const [i, level] of have.entries()) {
    if (level === '#') return true
    const wanted = want[i]
    if (wanted === undefined || wanted === '#') return false
    if (level !== '+' && level !== wanted) return false
  }
  return have.length === want.length
}

export const isWildcard = (filter: string): boolean => /(^|\/)[+#](\/|$)/.test(filter)

/** Returns the whole levels before the first wildcard, or undefined when the first level is one. */
export function literalPrefix(filter: TopicFilter): string | undefined {
  const levels = filter.split('/')
  const end = levels.findIndex((level) => level === '+' || level === '#')
  if (end === -1) return filter
  return levels.slice(0, end).join('/') || undefined // `/#` too belongs to nobody
}

/**
 * Returns `literal` and its parents, nearest first. The empty level before a leading `/` belongs to nobody, so `/a`
 * has no parent (DESIGN section 3, first-level names). What is too long to be registered is left out: a name of 32,000
 * levels, which anybody may send, would be a second of looking up what cannot be there.
 */
export function literalAncestry(literal: string): string[] {
  const found: string[] = []
  const isLong = literal.length > MAX_REGISTERED_BYTES // a character is a byte at the least
  const longest = isLong ? literal.lastIndexOf('/', MAX_REGISTERED_BYTES) : literal.length
  for (let end = longest; end > 0; end = literal.lastIndexOf('/', end - 1)) found.push(literal.slice(0, end))
  return found
}

/** Returns true when there is no `/` after the first character: `a`, `/a`. Only the broker owner gives such names. */
export const isFirstLevel = (literal: string): boolean => literal.indexOf('/', 1) === -1

/** Returns keccak256 of the filter's UTF-8 bytes. */
export const topicIdOf = (filter: string): Bytes32 => toHex(keccak256(utf8(filter)))

/** [MQTT-4.7.3-1] [MQTT-1.5.4-1] [MQTT-1.5.4-2] */
function isMqttText(text: string): boolean {
  return text !== '' && !text.includes('\0') && text.isWellFormed() && utf8(text).length <= MAX_TOPIC_BYTES
}
