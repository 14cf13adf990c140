/** @module Says once a name that the view has no room left under it: its owner writes too much, by malice or by growth. */
import type { Logger } from 'pino'
import type { View } from '../../domain/view.ts'

const RIGHTS = 'a first-level name has more rights than limits.viewEntriesPerName: new ones do not count'
const TOPICS = 'a first-level name has more topics than limits.viewEntriesPerName: it is closed'

export function tellerOfShortfalls(log: Logger): (view: View) => void {
  const told = new Set<string>()
  return (view) => {
    for (const { name, topics } of view.shortfalls()) {
      const what = topics > 0 ? TOPICS : RIGHTS
      if (told.has(`${name} ${what}`)) continue
      told.add(`${name} ${what}`)
      log.error({ name, limit: view.entriesPerName }, what)
    }
  }
}
