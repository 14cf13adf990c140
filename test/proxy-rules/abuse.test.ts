import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Address } from '../../domain/bytes.ts'
import { DenialReason } from '../../domain/enums.ts'
import { Abuse, type Somebody } from '../../proxy/rules/abuse.ts'
import { BanKeyError, BanKeys } from '../../proxy/rules/ban-keys.ts'
import { type BanTarget, banMessage } from '../../proxy/rules/ban-target.ts'
import { Bans } from '../../proxy/rules/bans.ts'
import { readRules } from '../../proxy/rules/read-rules.ts'
import { SlidingCounts } from '../../proxy/rules/sliding-counts.ts'

const scratch = mkdtempSync(join(tmpdir(), 'flytrap-bans-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const START = Date.parse('2026-11-26T12:00:00Z')
const MINUTE = 60_000
const DAY = 86_400_000
const victim: Address = `0x${'aa'.repeat(20)}`
const other: Address = `0x${'bb'.repeat(20)}`

describe('a sliding count', () => {
  test('counts what happened within the window, and never longer', () => {
    const counts = new SlidingCounts(8_000)
    for (let i = 0; i < 5; i++) counts.add('a', START)
    expect(counts.count('a', START + 6_999)).toBe(5)
    expect(counts.add('a', START + 7_000)).toBe(6)
    expect(counts.count('a', START + 8_000)).toBe(1)
    expect(counts.count('a', START + 60_000)).toBe(0)
  })

  test('goes on when the clock steps back', () => {
    const counts = new SlidingCounts(8_000)
    counts.add('a', START)
    expect(counts.add('a', START - DAY)).toBe(2)
  })

  test('keeps a bounded number of keys, however many strangers invent', () => {
    const counts = new SlidingCounts(8_000)
    counts.add('first', START)
    for (let i = 0; i < 100_000; i++) counts.add(`key ${i}`, START)
    expect(counts.size).toBe(16_384)
    expect(counts.count('first', START)).toBe(0)
    expect(counts.count('key 99999', START)).toBe(1)
  })
})

describe('ban keys', () => {
  const message = banMessage({ kind: 'network', network: '192.0.2.7/32' })!
  const at = (text: string): number => Date.parse(`${text}T00:00:00Z`)

  test('stay in step on proxies that shared the file once, and lie in a file of their owner alone', () => {
    const path = join(scratch, 'keys.json')
    const copy = join(scratch, 'copy.json')
    const first = new BanKeys(path, at('2026-10-15'))
    writeFileSync(copy, readFileSync(path))
    const second = new BanKeys(copy, at('2026-10-20'))
    const [early, late] = [at('2026-10-20'), at('2027-02-03')]
    expect(second.pseudonym(message, early)).toBe(first.pseudonym(message, early))
    expect(new BanKeys(copy, late).pseudonym(message, late)).toBe(first.pseudonym(message, late))
    expect(statSync(path).mode & 0o077).toBe(0)
  })

  test('are made anew each month, and destroyed once no ban of theirs can be in force', () => {
    const path = join(scratch, 'rotation.json')
    const keys = new BanKeys(path, at('2026-10-15'))
    const october = keys.pseudonym(message, at('2026-10-31'))
    expect(keys.pseudonyms(message, at('2026-11-30'))).toContain(october)
    expect(keys.pseudonym(message, at('2026-11-30'))).not.toBe(october)
    expect(keys.pseudonyms(message, at('2026-12-02'))).not.toContain(october)
    expect(keys.months).toEqual(['2026-11', '2026-12'])
    expect(readFileSync(path, 'utf8')).not.toContain('2026-10')
    expect(keys.pseudonym(message, at('2026-10-31'))).not.toBe(october) // a clock that steps back finds none
  })

  test('that cannot be read are refused with what to do', () => {
    const path = join(scratch, 'broken.json')
    writeFileSync(path, '{"version":1,"keys":[{"month":"2026-13","key":"0x00"}]}')
    expect(() => new BanKeys(path, START)).toThrow(BanKeyError)
    expect(readFileSync(path, 'utf8')).toContain('2026-13')
  })

  test('tell networks, wallets and client ids apart', () => {
    const targets: BanTarget[] = [
      { kind: 'network', network: '192.0.2.7/32' },
      { kind: 'network', network: '192.0.2.7/32', clientId: 'a' },
      { kind: 'network', network: '2001:db8:0:1::/64' },
      { kind: 'wallet', wallet: victim, clientId: 'a' },
    ]
    const texts = targets.map((target) => Buffer.from(banMessage(target) ?? []).toString('hex'))
    expect(texts).toEqual(['04c0000207', '04c000020761', '0620010db800000001', `00${'aa'.repeat(20)}61`])
    expect(banMessage({ kind: 'wallet', wallet: victim })).toBeUndefined()
  })
})

describe('bans', () => {
  const keys = new BanKeys(undefined, START)
  const place = { account: victim, topicId: `0x${'11'.repeat(32)}` as const }
  const seconds = START / 1_000
  const target: BanTarget = { kind: 'wallet', wallet: victim }

  test('end in the same state whatever order they are told in, and however often', () => {
    const wallet = new Bans(keys).placeOf(target, START)!
    const told: ((bans: Bans) => void)[] = [
      (bans) => bans.add({ ...wallet, firstAt: seconds - 10, until: seconds + 100 }),
      (bans) => bans.lift(wallet, seconds - 5),
      (bans) => bans.add({ ...wallet, firstAt: seconds - 2, until: seconds + 50 }),
    ]
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2, 0, 1],
      [2, 0, 1, 2],
    ]) {
      const bans = new Bans(keys)
      for (const i of order) told[i]?.(bans)
      if (!order.includes(2)) continue
      expect([order, bans.find(target, START)?.firstAt]).toEqual([order, seconds - 2])
    }
  })

  test('say whom this proxy banned for as long as they stand, in bounded words, whatever the chain says of them', () => {
    const bans = new Bans(keys)
    const clientId = 'x'.repeat(60_000)
    bans.add({ ...place, firstAt: seconds, until: seconds + 10, target: { ...target, clientId } })
    bans.add({ ...place, firstAt: seconds + 1, until: seconds + 11 })
    expect(bans.list(START)).toMatchObject([{ until: seconds + 11, target: { wallet: victim } }])
    expect(bans.list(START)[0]?.target?.clientId).toBe(`${'x'.repeat(256)}…`)
    expect(bans.list(START + 11_000)).toEqual([])
    bans.add({ ...place, firstAt: seconds + 20, until: seconds + 30 })
    expect(bans.list(START + 21_000)[0]?.target).toBeUndefined()
  })

  test('of more than 30 days are none', () => {
    const bans = new Bans(keys)
    bans.add({ ...place, firstAt: seconds, until: seconds + 30 * 86_400 + 1 })
    expect(bans.list(START)).toEqual([])
  })
})

describe('the default rules about abuse', () => {
  let now = START
  let bans: Bans
  let abuse: Abuse
  let made: { target: BanTarget; seconds: number }[]
  const office = '192.0.2.7/32'
  const who = (more: Partial<Somebody> = {}): Somebody => ({ network: office, clientId: 'a', claimed: victim, ...more })
  const times = (n: number, work: (i: number) => void): void => Array.from({ length: n }, (_, i) => i).forEach(work)

  beforeEach(() => {
    now = START
    made = []
    bans = new Bans(new BanKeys(undefined, START))
    const onBan = (target: BanTarget, seconds: number): void => void made.push({ target, seconds })
    const isTrusted = (address: string): boolean => address === '10.0.0.1' || address === '2001:db8::7'
    abuse = new Abuse({ bans, limits: { loginsPerAddress: 1_000 }, isTrusted, onBan, clock: () => now })
    abuse.setRules(readRules('').abuse)
  })

  test('never ban a trusted sender, and everybody else in its /64 all the same', () => {
    const network = '2001:db8:0:0::/64'
    times(12, () => abuse.failed(who({ network, address: '2001:db8::7' })))
    expect(made).toEqual([])
    times(6, () => abuse.failed(who({ network, address: '2001:db8::8' })))
    expect(made).toHaveLength(1)
    expect(abuse.refusal(who({ network, address: '2001:db8::8' }))).toBe(DenialReason.BANNED)
    expect(abuse.refusal(who({ network, address: '2001:db8::7' }))).toBeUndefined()
  })

  test('ban one client id of an address after six failures in a row, and no other of it', () => {
    times(5, () => abuse.failed(who()))
    expect(abuse.refusal(who())).toBeUndefined()
    abuse.failed(who())
    expect(made).toEqual([{ target: { kind: 'network', network: office, clientId: 'a' }, seconds: 3_600 }])
    expect(abuse.refusal(who())).toBe(DenialReason.BANNED)
    expect(abuse.refusal(who({ clientId: 'b' }))).toBeUndefined()
    expect(abuse.refusal(who({ network: '192.0.2.8/32' }))).toBeUndefined()
    now += 3_601_000
    expect(abuse.refusal(who())).toBeUndefined()
  })

  test('do not count failures that a success interrupts, nor old ones', () => {
    times(20, () => {
      times(5, () => abuse.failed(who()))
      abuse.proved({ ...who(), wallet: victim })
      now += 3 * MINUTE
    })
    times(20, () => {
      now += 3 * MINUTE
      abuse.failed(who({ clientId: 'slow' }))
    })
    expect(made).toEqual([])
  })

  test('ban an address after 51 failures under whatever names', () => {
    times(51, (i) => abuse.failed(who({ clientId: `c${i}`, claimed: undefined })))
    expect(made).toEqual([{ target: { kind: 'network', network: office }, seconds: 3_600 }])
  })

  test('never ban a wallet for what is tried in its name, from its own address or another', () => {
    abuse.proved({ ...who(), wallet: victim, password: Buffer.from('right') })
    times(60, () => abuse.failed(who({ password: Buffer.from('wrong') })))
    times(60, () => abuse.failed(who({ network: '203.0.113.9/32' })))
    expect(made.every(({ target }) => target.kind === 'network')).toBe(true)
    expect(abuse.walletFlaw({ ...who(), wallet: victim })).toBeUndefined()
    // Its own credential passes, however often others failed under all of its names.
    expect(abuse.refusal(who({ password: Buffer.from('right') }))).toBeUndefined()
    expect(abuse.refusal(who({ password: Buffer.from('wrong') }))).toBe(DenialReason.BANNED)
  })

  test('let who proved himself there within a day pass a ban on the address, at ten failures a minute', () => {
    abuse.proved({ ...who({ clientId: 'known' }), wallet: other })
    times(51, (i) => abuse.failed(who({ clientId: `c${i}` })))
    const known = who({ clientId: 'known', claimed: other })
    expect(abuse.refusal(known)).toBeUndefined()
    times(10, () => abuse.failed(known))
    expect(abuse.refusal(known)).toBe(DenialReason.BANNED)
    now += MINUTE
    expect(abuse.refusal({ ...known, clientId: 'fresh' })).toBeUndefined()
    now += DAY
    times(51, (i) => abuse.failed(who({ clientId: `d${i}` })))
    expect(abuse.refusal(known)).toBe(DenialReason.BANNED)
  })

  test('ban one client id of a wallet for denied accesses, and the wallet for many more', () => {
    const sensor = who({ wallet: victim })
    times(20, () => abuse.denied(sensor, DenialReason.NO_GRANT))
    expect(made).toEqual([])
    times(50, () => abuse.denied(sensor, DenialReason.VIEW_STALE))
    expect(made).toEqual([])
    abuse.denied(sensor, DenialReason.NO_GRANT)
    expect(made).toEqual([{ target: { kind: 'wallet', wallet: victim, clientId: 'a' }, seconds: 600 }])
    expect(abuse.walletFlaw(sensor)).toBe(DenialReason.BANNED)
    expect(abuse.walletFlaw({ ...sensor, clientId: 'b' })).toBeUndefined()
    times(200, (i) => abuse.denied({ ...sensor, clientId: `c${i}` }, DenialReason.NO_GRANT))
    expect(made.at(-1)).toEqual({ target: { kind: 'wallet', wallet: victim }, seconds: 600 })
    expect(abuse.walletFlaw({ ...sensor, clientId: 'b' })).toBe(DenialReason.BANNED)
  })

  test('never ban a trusted sender', () => {
    times(200, () => abuse.failed(who({ network: '10.0.0.1/32' })))
    expect(made).toEqual([])
    expect(abuse.refusal(who({ network: '10.0.0.1/32' }))).toBeUndefined()
  })

  test('keep what was counted through a reload that does not touch the rule', () => {
    times(5, () => abuse.failed(who()))
    abuse.setRules(readRules('').abuse)
    abuse.failed(who())
    expect(made).toHaveLength(1)
  })
})

describe('failed logins of one address', () => {
  test('are checked no more than so often a minute, before any signature is looked at', () => {
    let now = START
    const bans = new Bans(new BanKeys(undefined, START))
    const abuse = new Abuse({ bans, limits: { loginsPerAddress: 60 }, onBan: () => {}, clock: () => now })
    const stranger = { network: '192.0.2.7/32', clientId: 'x' }
    for (let i = 0; i < 60; i++) abuse.failed(stranger)
    expect(abuse.refusal(stranger)).toBe(DenialReason.RATE_EXCEEDED)
    expect(abuse.refusal({ ...stranger, network: '192.0.2.8/32' })).toBeUndefined()
    now += MINUTE
    expect(abuse.refusal(stranger)).toBeUndefined()
  })
})
