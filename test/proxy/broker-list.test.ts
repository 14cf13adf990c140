/** What `FLYTRAP_BROKER_URL` may say, and which broker of several serves a connection. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseBrokerUrls } from '../../proxy/broker/parse-targets.ts'
import { BrokerPool } from '../../proxy/broker/pool.ts'
import { silent } from '../support/chain.ts'

const dir = mkdtempSync(join(tmpdir(), 'flytrap-brokers-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const file = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

describe('FLYTRAP_BROKER_URL', () => {
  test('names one broker or an ordered list, with user names, and each with its own password', () => {
    const passwordFile = `${file('a', 'one\n')}, ${file('b', 'two')}`
    const targets = parseBrokerUrls('mqtt://fly@a.example, mqtts://b.example:8884', { passwordFile })
    expect(targets).toEqual([
      { host: 'a.example', port: 1883, tls: false, userName: 'fly', password: 'one' },
      { host: 'b.example', port: 8884, tls: true, password: 'two' },
    ])
  })

  test('gives one password to all, and takes IPv6 addresses', () => {
    const targets = parseBrokerUrls('mqtt://[::1],mqtts://[::1]', { passwordFile: file('a', 'one') })
    expect(targets.map(({ host, port, password }) => [host, port, password])).toEqual([
      ['::1', 1883, 'one'],
      ['::1', 8883, 'one'],
    ])
  })

  test('is refused with every problem at once: passwords in it, strange schemes, paths, doubles, missing files', () => {
    const caFile = file('ca', 'no certificate')
    const passwordFile = [join(dir, 'none'), file('a', 'one')].join(',')
    const text = 'mqtt://u:secret@a, http://b, mqtt://c/path, mqtt://d, mqtt://d:1883'
    const refused = (): unknown => parseBrokerUrls(text, { caFile, passwordFile })
    expect(refused).toThrow(expect.objectContaining({ code: 'BROKER_URL_INVALID' }))
    for (const words of ['holds a password', 'mqtts://host:8883', 'c has something', 'd:1883 stands there twice']) {
      expect(refused).toThrow(words)
    }
    for (const words of ['2 files for 5 brokers', 'none cannot be read (ENOENT)', 'holds no certificate']) {
      expect(refused).toThrow(words)
    }
    expect(refused).not.toThrow('secret')
    expect(() => parseBrokerUrls(' , ')).toThrow('empty')
  })
})

describe('a connection', () => {
  const poolOf = (...hosts: string[]) =>
    new BrokerPool({ targets: hosts.map((host) => ({ host, port: 1883, tls: false })), log: silent })
  const ids = Array.from({ length: 3_000 }, (_, i) => `AAAAAAAAAAAAAAAAAAAAAAAAAAA.device-${i}`)
  const pinned = (pool: BrokerPool, id: string): string => pool.candidates(5, id)[0]?.name ?? ''

  test('is pinned to the same broker on every proxy, in whatever order they list them', () => {
    const [one, other] = [poolOf('a', 'b', 'c'), poolOf('c', 'a', 'b')]
    expect(ids.map((id) => pinned(one, id))).toEqual(ids.map((id) => pinned(other, id)))
  })

  test('is spread evenly', () => {
    const pool = poolOf('a', 'b', 'c')
    const counts = Map.groupBy(ids, (id) => pinned(pool, id))
    for (const name of ['a:1883', 'b:1883', 'c:1883']) {
      const share = (counts.get(name)?.length ?? 0) / ids.length
      expect(share).toBeGreaterThan(0.28)
      expect(share).toBeLessThan(0.39)
    }
  })

  test('moves only when its own broker is gone, and then to the one that was next', () => {
    const [all, fewer] = [poolOf('a', 'b', 'c'), poolOf('a', 'c')]
    for (const id of ids) {
      const order = all.candidates(5, id).map(({ name }) => name)
      expect(fewer.candidates(5, id).map(({ name }) => name)).toEqual(order.filter((name) => name !== 'b:1883'))
    }
  })
})
