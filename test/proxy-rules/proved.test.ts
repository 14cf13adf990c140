/** Who proved himself lately is known after a restart, and nothing on disk says who that was. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Proof } from '../../proxy/rules/proofs.ts'
import { ProvedLately } from '../../proxy/rules/proved.ts'
import { ProvedFiles } from '../../proxy/rules/proved-files.ts'
import { silent } from '../support/chain.ts'
import { addressOf } from '../support/view-builder.ts'

const HOUR = 3_600_000
const NOW = 1_800_000_000_000
const dir = mkdtempSync(join(tmpdir(), 'flytrap-proved-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const open = (name: string) => new ProvedLately(new ProvedFiles({ dir, name }, silent))
const fileOf = (name: string) => join(dir, `${name}.json`)
const proof = (more: Partial<Proof> = {}): Proof => ({
  network: '192.0.2.7/32',
  wallet: addressOf('a'),
  clientId: 'pump-7',
  password: Buffer.from('ft1.its-credential'),
  ...more,
})
const isKnown = (proved: ProvedLately, at: number, more: Partial<Proof> = {}) => [
  proved.isKnownWallet(proof(more), at),
  proved.isKnownCredential(proof(more), at),
]

test('a restart knows them for the rest of the day, and only from there and with that credential', async () => {
  const before = open('restart')
  before.remember(proof(), NOW)
  await before.save(NOW)
  const after = open('restart')
  expect(isKnown(after, NOW + 24 * HOUR - 1)).toEqual([true, true])
  expect(isKnown(after, NOW + 24 * HOUR)).toEqual([false, false])
  expect(isKnown(after, NOW, { network: '192.0.2.8/32' })).toEqual([false, false])
  expect(isKnown(after, NOW, { wallet: addressOf('b') })).toEqual([false, false])
  expect(isKnown(after, NOW, { clientId: 'pump-8', password: Buffer.from('guess') })).toEqual([true, false])
})

test('neither address nor wallet, client id or credential stands in the file', async () => {
  const text = readFileSync(fileOf('restart'), 'utf8')
  for (const word of ['192.0.2.7', addressOf('a').slice(2), 'pump-7', 'credential-']) expect(text).not.toContain(word)
})

test('a day later nothing of it is left in the file, and after two days its key is gone', async () => {
  const proved = open('old')
  proved.remember(proof(), NOW)
  await proved.save(NOW)
  const keysOf = () => (JSON.parse(readFileSync(fileOf('old'), 'utf8')) as { keys: Saved[] }).keys
  const [first] = keysOf()
  expect(first?.wallets).toHaveLength(1)
  await proved.save(NOW + 24 * HOUR)
  expect(keysOf().flatMap(({ wallets, credentials }) => [...wallets, ...credentials])).toEqual([])
  await proved.save(NOW + 48 * HOUR)
  expect(keysOf().map(({ key }) => key)).not.toContain(first?.key)
})
interface Saved {
  key: string
  wallets: unknown[]
  credentials: unknown[]
}

test('who proved himself before the key turned is known until his day is over', () => {
  const proved = new ProvedLately()
  proved.remember(proof({ network: '198.51.100.1/32' }), NOW)
  proved.remember(proof(), NOW + 23 * HOUR)
  proved.remember(proof({ wallet: addressOf('b') }), NOW + 25 * HOUR) // under the next key
  expect(isKnown(proved, NOW + 46 * HOUR)).toEqual([true, true])
  expect(isKnown(proved, NOW + 47 * HOUR)).toEqual([false, false])
})

test('another process of the home knows them too, once both have saved', async () => {
  const [one, two] = [open('one'), open('two')]
  const network = '198.51.100.2/32'
  one.remember(proof({ network }), NOW)
  await one.save(NOW)
  expect(isKnown(two, NOW, { network })).toEqual([false, false])
  await two.save(NOW)
  expect(isKnown(two, NOW, { network })).toEqual([true, true])
})

test('an erased account is forgotten at once, on disk too, and others are not', async () => {
  for (const name of ['one', 'restart']) rmSync(fileOf(name), { force: true }) // of days to come
  const proved = open('erased')
  const now = Date.now()
  proved.remember(proof(), now)
  proved.remember(proof({ wallet: addressOf('b') }), now)
  await proved.forget(addressOf('a'), Math.floor(now / 1_000) - 1)
  expect(isKnown(proved, now)).toEqual([true, true]) // it came after the order
  await proved.forget(addressOf('a'), Math.floor(now / 1_000))
  for (const place of [proved, open('erased')]) {
    expect(isKnown(place, now)).toEqual([false, false])
    expect(isKnown(place, now, { wallet: addressOf('b') })).toEqual([true, true])
  }
})

test('a damaged file makes nobody known, and stops nothing', () => {
  for (const text of ['', '{"version":1,"keys":[{}]}', '[]', '{"version":2,"keys":[]}']) {
    writeFileSync(fileOf('damaged'), text)
    expect(isKnown(open('damaged'), NOW, { network: '203.0.113.1/32' })).toEqual([false, false])
  }
})
