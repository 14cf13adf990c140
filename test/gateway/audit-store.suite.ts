/** What every audit store must answer, on one history: run by the test of each adapter. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Right } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import type { AuditStore, Page, RecordFilter } from '../../gateway/audit-store/port.ts'
import { type AuditStory, tellAuditStory } from '../support/audit-story.ts'
import { FOREVER } from '../support/chain.ts'

export interface OpenStore {
  store: AuditStore
  close(): Promise<void>
}

export function auditStoreSuite(name: string, open: (story: AuditStory) => Promise<OpenStore>): void {
  let story: AuditStory
  let opened: OpenStore
  let store: AuditStore
  let page: Page

  beforeAll(async () => {
    story = await tellAuditStory()
    opened = await open(story)
    store = opened.store
    page = { first: 100, block: story.afterEnd }
  })
  afterAll(async () => {
    await opened?.close()
    await story?.it.stop()
  })

  const told = async (filter: RecordFilter, at: Partial<Page> = {}): Promise<(string | undefined)[]> => {
    const records = await store.records(filter, { ...page, ...at })
    return records.map(({ sequence }) => story.told[Number(sequence) - 1])
  }
  const newestFirst = (): string[] => [...story.told].reverse()

  describe(`${name}: records`, () => {
    test('come newest first, and a page goes on where another ended', async () => {
      expect(await told({})).toEqual(newestFirst())
      const [, , third] = await store.records({}, { ...page, first: 3 })
      expect(await told({}, { first: 2, before: third?.cursor ?? 0n })).toEqual(newestFirst().slice(3, 5))
    })

    test('are those of every condition together', async () => {
      const { device, it, recorder } = story
      expect(await told({ account: it.owner.address })).toEqual(['by the owner of home'])
      expect(await told({ account: device.address, action: 'CONNECT' })).toEqual(['connected'])
      expect(await told({ denialReason: 'NO_GRANT', outcome: 'DENIED', topicId: topicIdOf('home') })).toHaveLength(2)
      expect(await told({ recorder: BigInt(recorder.id) })).toHaveLength(story.told.length)
      expect(await told({ recorder: 99n })).toEqual([])
    })

    test('with numbers from elsewhere are found as UNKNOWN', async () => {
      expect(await told({ outcome: 'UNKNOWN' })).toEqual(['of a broken recorder'])
      expect(await told({ denialReason: 'UNKNOWN' })).toEqual(['of a broken recorder'])
      expect(await told({ action: 'UNKNOWN' })).toEqual(['of a broken recorder', 'sealed'])
    })

    test('of a period are those that it overlaps, ends included', async () => {
      const [{ firstAt = 0 } = {}] = await store.records({}, { ...page, first: 1 })
      expect(await told({ from: firstAt, to: firstAt })).toContain('of a broken recorder')
      expect(await told({ from: firstAt + 1 })).toEqual([])
      expect(await told({ to: firstAt - 100 })).toEqual([])
    })

    test('of a scope are merged in order, each once', async () => {
      const scope = { topicIds: [topicIdOf('home/#')], withoutGrant: [topicIdOf('home')], unnamed: true }
      const wanted = [
        'of a broken recorder',
        'denied under nothing',
        'denied under home, naming a grant',
        'denied under home',
        'by the owner of home',
        'granted on home/#',
      ]
      expect(await told({ scope })).toEqual(wanted)
      expect(await told({ scope }, { first: 3 })).toEqual(wanted.slice(0, 3))
      expect(await told({ scope: { topicIds: [], withoutGrant: [], unnamed: false } })).toEqual([])
    })

    test('are as of the block that is asked for', async () => {
      expect(await told({}, { block: story.silentBlock })).toEqual([])
      expect(await told({}, { block: story.silentBlock + 1 })).toEqual(story.told.slice(0, 5).reverse())
    })

    test('stand in batches without a gap', async () => {
      const [last] = await store.records({}, { ...page, first: 1 })
      const batches = await store.batches(last?.transaction ?? '0x', last?.recorder ?? 0n)
      expect(batches).toMatchObject([{ firstSequence: 6n, count: story.told.length - 5 }])
      expect(await store.batches(last?.transaction ?? '0x', 99n)).toEqual([])
    })
  })

  describe(`${name}: topics and grants`, () => {
    const filters = async (owner?: `0x${string}`): Promise<string[]> =>
      (await store.topics(owner === undefined ? {} : { owner }, page)).map(({ filter }) => filter)

    test('topics come newest first, all or one owner’s', async () => {
      expect(await filters()).toEqual(['office', 'home/kitchen/#', 'home/kitchen', 'home/#', 'home'])
      expect(await filters(story.guest.address)).toEqual(['office'])
      expect(await store.topic(topicIdOf('home/#'), page.block)).toMatchObject({ filter: 'home/#' })
      expect(await store.topic(topicIdOf('nowhere'), page.block)).toBeUndefined()
    })

    test('a grant is what it was at the block', async () => {
      const [grant] = await store.grants({ topicId: topicIdOf('home/kitchen/#') }, page)
      expect(grant).toMatchObject({ right: 'PUBLISH', endedBy: story.it.owner.address, lawfulBasis: 'CONTRACT' })
      const issuedIn = Number((grant?.cursor ?? 0n) >> 32n)
      expect(await store.grant(grant?.number ?? 0n, issuedIn)).not.toHaveProperty('endedAt')
      expect(await store.grant(grant?.number ?? 0n, issuedIn - 1)).toBeUndefined()
      expect(await store.grant(2n ** 63n, page.block)).toBeUndefined()
    })

    test('an account’s grants come newest first', async () => {
      const grants = await store.grants({ grantee: story.device.address }, page)
      expect(grants.map(({ topicId }) => topicId)).toEqual(
        ['home/kitchen/#', 'home', 'home/#', 'home/#'].map(topicIdOf),
      )
    })
  })

  describe(`${name}: what followed`, () => {
    let after: Page
    beforeAll(async () => {
      const { it, guest, device } = story
      await it.call('setAuditor', [guest.address, 'home', FOREVER])
      await it.call('setAuditor', [device.address, '', FOREVER])
      await it.call('authorizeDevice', [guest.address, FOREVER], device.sender)
      await it.call('authorizeDevice', [it.owner.address, FOREVER], device.sender)
      await it.call('authorizeDevice', [guest.address, 0], device.sender)
      const prices = { offers: Right.SUBSCRIBE, publishPrice: 0n, subscribePrice: 10n ** 20n, period: 60 }
      await it.call('setTerms', ['office', { ...prices, countryRule: 0, countries: 0n, isSealed: true }], guest.sender)
      await it.pay('purchase', ['office', Right.SUBSCRIBE, 0, ZERO_BYTES32], 10n ** 20n, device.sender)
      await it.call('withdraw', [guest.address], guest.sender)
      const block = Number(await it.chain.rpc.request<string>('eth_blockNumber'))
      after = { first: 100, block }
      await vi.waitFor(async () => expect((await store.status()).head?.number).toBe(block), { timeout: 60_000 })
    }, 300_000)

    test('auditors are told with their topic, as of a block; those of all have the zero one', async () => {
      const [all, home] = await store.auditors({}, after)
      const { guest, device, it } = story
      expect(home).toMatchObject({ account: guest.address, topicId: topicIdOf('home'), until: FOREVER })
      expect(all).toMatchObject({ account: device.address, topicId: ZERO_BYTES32, appointedBy: it.owner.address })
      expect(await store.auditors({ topicId: topicIdOf('home') }, after)).toEqual([home])
      expect(await store.auditors({ topicId: ZERO_BYTES32 }, after)).toEqual([all])
      expect(await store.auditors({}, page)).toEqual([])
    })

    test('sealed topics are found by that, as of a block', async () => {
      const sealed = async (at: Page) => (await store.topics({ isSealed: true }, at)).map(({ filter }) => filter)
      expect([await sealed(after), await sealed(page)]).toEqual([['office'], []])
      expect(await store.topics({ isSealed: false, owner: story.guest.address }, after)).toEqual([])
    })

    test('device keys are an owner’s, one that was ended too', async () => {
      const { guest, device, it } = story
      const keys = await store.deviceKeys(device.address, after)
      expect(keys.map(({ device, until }) => [device, until])).toEqual([
        [guest.address, 0],
        [it.owner.address, FOREVER],
      ])
      expect(await store.deviceKeys(guest.address, after)).toEqual([])
    })

    test('payments and what an account has are counted in wei beyond 64 bits', async () => {
      const { guest, device } = story
      const [sale] = await store.payments({ account: guest.address }, after)
      expect(sale).toMatchObject({ topicId: topicIdOf('office'), income: 'SALE', amount: 10n ** 20n })
      expect(await store.payments({ topicId: topicIdOf('office'), income: 'SHARE' }, after)).toEqual([])
      expect(await store.payments({ from: (sale?.at ?? 0) + 1 }, after)).toEqual([])
      expect(await store.payments({ to: sale?.at ?? 0 }, after)).toEqual([sale])
      const wallet = { credited: 10n ** 20n, withdrawn: 10n ** 20n, suspendedUntil: 0 }
      expect(await store.wallet(guest.address, after.block)).toMatchObject(wallet)
      expect(await store.wallet(guest.address, page.block)).not.toMatchObject({ credited: 10n ** 20n })
      const [bought] = await store.grants({ grantee: device.address }, after)
      expect(bought).toMatchObject({ bought: { price: 10n ** 20n, period: 60 } })
    })
  })

  describe(`${name}: blocks and recorders`, () => {
    test('a block without events has the history of the one before it, and its own time', async () => {
      const between = story.afterEnd - 1
      const block = await store.blockUpTo(between)
      expect(block?.number).toBeLessThanOrEqual(between)
      expect(await store.blockTime(between)).toBeGreaterThan(story.guestUntil)
      expect(await store.blockTime(story.silentBlock)).toBeLessThan(story.guestUntil)
      expect(await store.blockUpTo(-1)).toBeUndefined()
      expect(await store.blockAtOrBefore(1)).toBeUndefined()
      const { head } = await store.status()
      expect(await store.blockAtOrBefore(head?.time ?? 0)).toEqual(head)
    })

    test('recorders tell how far their sequence is on chain', async () => {
      const wanted = { number: BigInt(story.recorder.id), state: 'ACTIVE', nextSequence: BigInt(story.told.length + 1) }
      expect(await store.recorders(page.block)).toMatchObject([wanted])
      expect(await store.recorder(wanted.number, page.block)).toMatchObject(wanted)
      expect(await store.recorder(2n ** 40n, page.block)).toBeUndefined()
      expect(await store.recorders(story.silentBlock)).toMatchObject([{ nextSequence: 1n }])
    })
  })
}
