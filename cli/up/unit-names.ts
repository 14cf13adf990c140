/** @module What belongs to which proxy of a home: the first keeps the names that a home with a single one has. */
import { existsSync } from 'node:fs'
import type { Home } from '../home/home.ts'

export const numbered = (name: string, number: number, end = ''): string =>
  `${name}${number === 1 ? '' : `-${number}`}${end}`

export const journalOf = (home: Home, number: number): string => home.path(numbered('journal', number, '.sqlite'))

/** Returns a line for each recorder of the home that is not started, although it has recorded. */
export function warnOfIdleRecorders(home: Home, count: number): string[] {
  const idle: string[] = []
  for (let number = count + 1; existsSync(journalOf(home, number)); number++) {
    const name = numbered('recorder', number)
    const remedy = `Start it again with: npx flytrap up --proxies ${number}    or, once it is flushed, end its service: npx flytrap recorder retire ${name}`
    idle.push(`${name} has a journal and is not started: no period is complete from its last batch on. ${remedy}`)
  }
  return idle
}
