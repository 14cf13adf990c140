/** @module A small universe of topic names and filters, with the shapes that matter: empty levels, `#`, `+`. */
import type { Chance } from './random.ts'

const LEVELS = ['a', 'b', ''] as const

/** Every name of one to three levels, but the empty one. */
export const NAMES: readonly string[] = [1, 2, 3].flatMap((depth) => combinations(depth)).filter((name) => name !== '')

/** A filter that often exists: short, with few wildcards. */
export function randomFilter(chance: Chance): string {
  const name = chance.pick(NAMES)
  const kind = chance.next()
  if (kind < 0.5) return name
  if (kind < 0.75) return `${name}/#`
  const levels = name.split('/')
  levels[chance.below(levels.length)] = '+'
  return chance.isLikely(0.3) ? `${levels.join('/')}/#` : levels.join('/')
}

/** Matches a filter against a name as MQTT 5 section 4.7 says, by a regular expression: slow, and plain to see. */
export function plainlyMatches(filter: string, name: string): boolean {
  if (name.startsWith('$') && /^[+#]/.test(filter)) return false
  const pattern = filter
    .split('/')
    .map((level) => (level === '+' ? '[^/]*' : level.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('/')
  // `a/#` matches `a` itself too.
  const regexp = pattern.endsWith('/#') ? `${pattern.slice(0, -2)}(/.*)?` : pattern.replace(/#$/, '.*')
  return new RegExp(`^${regexp}$`).test(name)
}

function combinations(depth: number): string[] {
  if (depth === 1) return [...LEVELS]
  return combinations(depth - 1).flatMap((head) => LEVELS.map((level) => `${head}/${level}`))
}
