/** What is remembered of sessions that outlive their connection, until it is erased. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, describe, expect, test } from 'vitest'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { GROUP_LINES, isAbout } from '../../proxy/kept/lines.ts'
import { KeptLists, type KeptListsOptions } from '../../proxy/kept/lists.ts'
import type { KeptSession } from '../../proxy/kept/session.ts'
import { RELEASE_LINES, Unreleased } from '../../proxy/unreleased.ts'
import type { Scope } from '../../records/store/port.ts'
import { silent } from '../support/chain.ts'
import { addressOf, ViewBuilder } from '../support/view-builder.ts'

const dir = mkdtempSync(join(tmpdir(), 'flytrap-kept-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const NOW = Math.floor(Date.now() / 1_000)
const HOUR = 3_600
const [alice, bob] = [addressOf('a'), addressOf('b')]
const place: KeptSession = { broker: 'b:1883', clientId: 'wallet.kitchen', account: alice, since: NOW, expiry: HOUR }

let lastId = 0
const newPath = () => join(dir, `${++lastId}.sqlite`)
const open = (path?: string, more: Partial<KeptListsOptions> = {}) =>
  new KeptLists(path, { kind: GROUP_LINES, isAbout: () => false, log: silent, ...more })

function unreleasedIn(lines: readonly string[]): Unreleased {
  const unreleased = new Unreleased({ isWhole: false })
  unreleased.addLines(lines, NOW)
  return unreleased
}

/** Of the database, its log and its index alike. */
const bytesAt = (path: string): Buffer =>
  Buffer.concat(
    readdirSync(dir).flatMap((name) => (join(dir, name).startsWith(path) ? [readFileSync(join(dir, name))] : [])),
  )

test('is known after a restart, by broker and client id, and names neither wallet nor device', () => {
  const path = newPath()
  const before = open(path)
  before.keep(place, ['$share/g/home/a', '$share/g/home/b'])
  before.keep({ ...place, broker: 'c:1883' }, ['$share/other/home/a'])
  before.close()
  const after = open(path)
  expect(after.of(place)).toEqual(['$share/g/home/a', '$share/g/home/b'])
  expect(after.of({ ...place, clientId: 'wallet.garden' })).toEqual([])
  after.keep(place, [])
  expect(after.of(place)).toEqual([])
  after.close()
  for (const word of ['kitchen', alice, alice.slice(2)]) expect(bytesAt(path).includes(word)).toBe(false)
})

test('is begun anew where the file is damaged', () => {
  const path = newPath()
  writeFileSync(path, 'no database at all, and longer than the header of one would be '.repeat(20))
  const kept = open(path)
  expect(kept.of(place)).toEqual([])
  kept.keep(place, ['$share/g/home/a'])
  expect(kept.of(place)).toEqual(['$share/g/home/a'])
  kept.close()
})

test('is begun anew where an older version says not whose it is, and no byte of that is left', () => {
  const path = newPath()
  const older = new Database(path)
  older.pragma('journal_mode = WAL')
  older.exec('CREATE TABLE kept (id INTEGER PRIMARY KEY, session TEXT UNIQUE NOT NULL, filters TEXT NOT NULL)')
  older.prepare('INSERT INTO kept (session, filters) VALUES (?, ?)').run('s', '["$share/g/home/older"]')
  older.close()
  const [kept, again] = [open(path), open(path)]
  kept.keep(place, ['$share/g/home/a'])
  expect(again.of(place)).toEqual(['$share/g/home/a'])
  expect(bytesAt(path).includes('home/older')).toBe(false)
  for (const each of [kept, again]) each.close()
})

test('is bounded: the session that was changed longest ago is forgotten, and filters beyond 16 KiB', () => {
  const kept = open(undefined, { maxSessions: 3 })
  const placeOf = (i: number) => ({ ...place, clientId: `w.${i}` })
  for (const i of [1, 2, 3, 1, 4]) kept.keep(placeOf(i), ['$share/g/home/a'])
  expect([1, 2, 3, 4].map((i) => kept.of(placeOf(i)).length)).toEqual([1, 0, 1, 1])
  const long = Array.from({ length: 20 }, (_, i) => `$share/${i}${'x'.repeat(1_000)}/home/a`)
  kept.keep(place, long)
  expect(kept.of(place)).toEqual(long.slice(0, 16))
  kept.close()
})

describe('an erasure', () => {
  const others: KeptSession = { ...place, clientId: 'other.kitchen', account: bob }

  test('by subject leaves no byte of its names in any file, and what others have', () => {
    const path = newPath()
    const [kept, elsewhere] = [open(path), open(path)] // of another process
    elsewhere.keep(place, ['$share/g/home/earlier'])
    elsewhere.keep(place, ['$share/g/home/secret'])
    elsewhere.keep(others, ['$share/g/home/public'])
    expect(bytesAt(path).includes('home/secret')).toBe(true)
    kept.erase([{ account: alice, before: NOW }])
    expect([kept.of(place), kept.of(others)]).toEqual([[], ['$share/g/home/public']])
    for (const name of ['home/earlier', 'home/secret']) expect(bytesAt(path).includes(name)).toBe(false)
    expect(bytesAt(path).includes('home/public')).toBe(true)
    for (const each of [kept, elsewhere]) each.close()
  })

  test('is obeyed by what a connection of before writes later, and not by what begins after it', () => {
    const path = newPath()
    const kept = open(path)
    kept.erase([{ account: alice, before: NOW }])
    kept.keep(place, ['$share/g/home/secret'])
    expect(kept.of(place)).toEqual([])
    expect(bytesAt(path).includes('home/secret')).toBe(false)
    kept.keep({ ...place, since: NOW + 1 }, ['$share/g/home/afterwards'])
    kept.erase([{ account: alice, before: NOW }]) // carried out anew each hour
    expect(kept.of(place)).toEqual(['$share/g/home/afterwards'])
    kept.close()
  })

  test('by topic reaches the names and filters that the topic rules over', () => {
    const build = new ViewBuilder()
    for (const filter of ['home', 'home/flat', 'home/+/door', 'garden', 'garden/#']) build.topic(filter, bob)
    const ids = (...filters: string[]): Scope => ({ topicIds: filters.map(topicIdOf), before: NOW })
    const left = (scope: Scope, names: string[]): string[] => {
      const kept = open(undefined, { isAbout: (name, topicIds) => isAbout(build.view, name, topicIds) })
      const lines = names.map((name) => `$share/g/${name}`)
      kept.keep(place, lines)
      kept.erase([scope])
      const found = kept.of(place)
      kept.close()
      return names.filter((_, i) => found.includes(lines[i]!))
    }
    const names = ['home/a', 'home/#', 'home/flat/b', 'home/flat/door', 'garden/a', 'garden/#', 'elsewhere']
    expect(left(ids('home'), names)).toEqual(names.slice(2))
    expect(left(ids('home/flat'), names)).toEqual(names.filter((name) => !name.startsWith('home/flat')))
    expect(left(ids('home/+/door'), names)).toEqual(names.filter((name) => name !== 'home/flat/door'))
    expect(left(ids('garden/#'), names)).toEqual(names.filter((name) => !name.startsWith('garden')))
    expect(left(ids('unknown'), names)).toEqual(names)
  })

  test('leaves of a message at QoS 2 its identifiers alone, so that what the broker holds never goes on', () => {
    const path = newPath()
    const kept = open(path, { kind: RELEASE_LINES })
    kept.keep(place, ['["home/secret","home/answers",[5,7]]'])
    kept.erase([{ account: alice, before: NOW }])
    for (const name of ['home/secret', 'home/answers']) expect(bytesAt(path).includes(name)).toBe(false)
    const unreleased = unreleasedIn(kept.of(place))
    for (const id of [5, 7]) expect(unreleased.of(id)?.map(({ name }) => name.topicName)).toEqual([''])
    kept.erase([{ before: NOW - 1 }])
    expect(kept.of(place)).toHaveLength(1)
    kept.erase([{ before: NOW }]) // its retention is over
    expect(kept.of(place)).toEqual([])
    kept.close()
  })

  test('of what is too old comes unasked, and a session that the broker has forgotten goes with it', () => {
    const kept = open()
    kept.keep({ ...place, since: NOW - 400 }, ['$share/g/home/old'])
    kept.keep(others, ['$share/g/home/young'])
    const ended = { ...place, clientId: 'w.ended', expiry: -HOUR }
    const forEver = { ...place, clientId: 'w.kept', expiry: Number.POSITIVE_INFINITY }
    for (const session of [ended, forEver]) {
      kept.keep(session, ['$share/g/home/a'])
      kept.leave(session)
    }
    const back = { ...ended, clientId: 'w.back' }
    kept.keep(back, ['$share/g/home/a'])
    kept.leave(back)
    kept.comeBack(back)
    kept.leave(others)
    kept.erase([{ before: NOW - 300 }])
    expect(kept.of(back)).toHaveLength(1) // whoever is there again has not expired
    expect([place, others, ended, forEver].map((session) => kept.of(session).length)).toEqual([0, 1, 0, 1])
    kept.keep({ ...place, since: NOW - 400 }, ['$share/g/home/old']) // its connection lasts
    expect(kept.of(place)).toHaveLength(1)
    kept.close()
  })
})

test('of more identifiers of one name than may be kept, as many are known as there is room for', () => {
  const kept = open(undefined, { kind: RELEASE_LINES, maxBytes: 64 * 1_024 })
  const message = unreleasedIn(['["home/a",null,[1]]']).of(1)?.[0]
  if (message === undefined) throw new Error('not read')
  const unreleased = new Unreleased({ isWhole: true })
  for (let packetId = 1; packetId <= 20_000; packetId++) unreleased.add(packetId, message)
  kept.keep(place, unreleased.toLines())
  const known = unreleasedIn(kept.of(place))
  expect([1, 10_000].map((packetId) => known.of(packetId)?.[0]?.name.topicName)).toEqual(['home/a', 'home/a'])
  expect([known.of(20_000), known.isWhole]).toEqual([undefined, false])
  kept.keep(place, unreleasedIn(unreleased.toLines().slice(-1)).toLines())
  expect(unreleasedIn(kept.of(place))).toMatchObject({ isWhole: true, bytes: 0 })
  kept.close()
})

test('a list that tells nothing says not whose it is', () => {
  const path = newPath()
  const kept = open(path, { kind: RELEASE_LINES })
  kept.keep(place, new Unreleased({ isWhole: true }).toLines())
  kept.close()
  const sqlite = new Database(path)
  expect(sqlite.prepare('SELECT account FROM kept').all()).toEqual([{ account: null }])
  sqlite.close()
})
