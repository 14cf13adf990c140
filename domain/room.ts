/**
 * @module How much the view keeps under each first-level name: its owner pays for what he writes to the chain, and must
 * not fill the memory of everybody who reads it. Rights without room are simply not granted. Topics carve out, seal and
 * restrict, so a name with a topic that had no room is closed: nothing under it can be decided safely. Pure.
 */

/** What there was no room for under one first-level name. */
export interface Shortfall {
  name: string
  topics: number
  rights: number
}

interface Count {
  topics: number
  rights: number
}

export class Room {
  /** As many topics, and as many rights. What is kept already stays when it sinks. */
  perName: number
  readonly #kept = new Map<string, Count>()
  readonly #lacking = new Map<string, Count>()

  constructor(perName: number) {
    this.perName = perName
  }

  /** Counts one more entry under `literal`. False: there is no room, and the name is short from now on. */
  take(literal: string, kind: keyof Count): boolean {
    const name = firstLevelOf(literal)
    const kept = countOf(this.#kept, name)
    if (kept[kind] < this.perName) {
      kept[kind]++
      return true
    }
    countOf(this.#lacking, name)[kind]++
    return false
  }

  /** What is missing under the first-level name of `literal`. */
  at(literal: string): 'nothing' | 'rights' | 'topics' {
    const lacking = this.#lacking.size === 0 ? undefined : this.#lacking.get(firstLevelOf(literal))
    if (lacking === undefined) return 'nothing'
    return lacking.topics > 0 ? 'topics' : 'rights'
  }

  shortfalls(): Shortfall[] {
    return [...this.#lacking].map(([name, { topics, rights }]) => ({ name, topics, rights }))
  }

  restore(shortfalls: readonly Shortfall[]): void {
    for (const { name, topics, rights } of shortfalls) this.#lacking.set(name, { topics, rights })
  }
}

/** Returns the first-level name that a literal topic or name lies under: `a` of `a/b`, `/a` of `/a/b`. */
export function firstLevelOf(literal: string): string {
  const end = literal.indexOf('/', 1)
  return end === -1 ? literal : literal.slice(0, end)
}

function countOf(counts: Map<string, Count>, name: string): Count {
  const found = counts.get(name) ?? { topics: 0, rights: 0 }
  counts.set(name, found)
  return found
}
