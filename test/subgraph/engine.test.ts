import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { getBlock } from '../../contracts/rpc/blocks.ts'
import { type Hex, ZERO_ADDRESS } from '../../domain/bytes.ts'
import { type Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { lastShared } from '../../subgraph/engine/last-shared.ts'
import { openEngine } from '../../subgraph/engine/open-engine.ts'
import type { Engine, EntityRow, EntityValue, FieldCondition, IndexedBlock } from '../../subgraph/engine/port.ts'
import { readSchema } from '../../subgraph/engine/schema.ts'
import { EntityStore } from '../../subgraph/engine/store/entity-store.ts'
import { loadMapping } from '../../subgraph/engine/wasm/mapping.ts'
import { silent, startTestChain, type TestChain } from '../support/chain.ts'
import { forgetfulMapping } from '../support/forgetful-mapping.ts'
import { killEngine } from '../support/kill-engine.ts'
import { accessOf, addTestRecorder, readHistory, type TestRecorder } from '../support/records.ts'

const BUILD = new URL('../../subgraph/build', import.meta.url).pathname
const ENTITIES = ['Topic', 'Wallet', 'Grant', 'GrantEvent', 'Recorder', 'Batch', 'AccessRecord']

let it: TestChain
let recorder: TestRecorder
let dir: string
const engines: Engine[] = []

const optionsOf = (name: string) => ({
  buildDir: BUILD,
  dbPath: join(dir, `${name}.sqlite`),
  rpcUrl: it.chain.url,
  chainId: it.chain.chainId,
  contract: it.contract.address,
  deployBlock: it.contract.deployBlock,
  pollMs: 50,
  log: silent,
})

async function openTestEngine(name: string): Promise<Engine> {
  const engine = openEngine(optionsOf(name))
  engines.push(engine)
  await engine.start()
  return engine
}

const idOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.slice(2), 'hex'))
const idQuery = { orderBy: 'id', direction: 'asc', first: 1_000 } as const
const dump = (engine: Engine): Record<string, EntityRow[]> =>
  Object.fromEntries(ENTITIES.map((entity) => [entity, engine.query(entity, idQuery)]))
const caughtUp = async (engine: Engine): Promise<void> => {
  const head = await getBlock(it.chain.rpc, 'latest')
  await expect.poll(() => engine.status().head?.hash, { timeout: 45_000 }).toBe(head?.hash)
}

beforeAll(async () => {
  it = await startTestChain()
  dir = mkdtempSync(join(tmpdir(), 'flytrap-engine-'))
  recorder = await addTestRecorder(it)
  const device = await it.account()
  await it.call('giveTopic', ['home', it.owner.address])
  await it.call('registerTopic', ['home/#'])
  await it.grant('home/#', device.address, 3)
  await it.call('revoke', ['home/#', device.address, 2])
  await it.grant('home/#', device.address, 1)
  const records = await recorder.open()
  const denied = { outcome: Outcome.DENIED, denialReason: DenialReason.NO_GRANT }
  await records.journal.record(accessOf({ account: device.address, topicId: topicIdOf('home/#'), grantId: 1 }))
  await records.journal.record(accessOf({ ...denied, topicId: `0x${'ee'.repeat(32)}`, grantId: 2 ** 40 - 1 }))
  await records.journal.record(accessOf({ action: 200 as Action, denialReason: 999 as DenialReason }))
  await records.flush()
  await records.stop()
})
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.stop()
})
afterAll(async () => {
  await it.stop()
  rmSync(dir, { recursive: true, force: true })
})

describe('the history', () => {
  test('holds topics, grants and what became of them', async () => {
    const engine = await openTestEngine('first')
    const topic = engine.get('Topic', topicIdOf('home'))
    expect(topic).toMatchObject({ filter: 'home', since: 1n })
    expect(topic?.owner).toBe(it.owner.address)
    expect(engine.get('Topic', topicIdOf('home/#'))).not.toHaveProperty('owner')

    const grants = engine.query('Grant', idQuery)
    expect(grants.map(({ number, right, endedAt }) => [number, right, endedAt !== undefined])).toEqual([
      [1n, 'PUBLISH', true],
      [2n, 'SUBSCRIBE', true],
      [3n, 'PUBLISH', false],
    ])
    expect(engine.query('GrantEvent', { ...idQuery, orderBy: 'cursor' }).map(({ kind }) => kind)).toEqual([
      'ISSUED',
      'ISSUED',
      'ENDED',
      'ISSUED',
    ])
  })

  test('holds every record as the chain does, those that name nothing known too', async () => {
    const engine = await openTestEngine('records')
    const expected = (await readHistory(it, recorder)).records
    const found = engine.query('AccessRecord', { ...idQuery, orderBy: 'sequence' })
    expect(found.map(({ sequence, count, firstAt, grantNumber }) => [sequence, count, firstAt, grantNumber])).toEqual(
      expected.map(({ seq, count, firstAt, grantId }) => [seq, BigInt(count), BigInt(firstAt), BigInt(grantId)]),
    )
    expect(found.map(({ action, outcome, denialReason }) => `${action} ${outcome} ${denialReason}`)).toEqual([
      'POLICY ALLOWED NONE',
      'PUBLISH ALLOWED NONE',
      'PUBLISH DENIED NO_GRANT',
      'UNKNOWN_200 ALLOWED UNKNOWN_999',
    ])
    expect(found[0]?.account).toBe(ZERO_ADDRESS)
    expect(found[1]?.id).toBe('0x000000010000000000000002')
  })

  test('of a recorder ends where its last batch ends', async () => {
    const engine = await openTestEngine('recorder')
    const [found] = engine.query('Recorder', idQuery)
    const [, , nextSeq, through, , head] = await it.read('recorders', [recorder.account.address])
    expect(found).toMatchObject({ nextSequence: nextSeq, through: BigInt(through as number), state: 'ACTIVE' })
    expect(found?.head).toBe(head)
  })

  test('is the same whenever it is made, byte for byte', async () => {
    expect(dump(await openTestEngine('one'))).toEqual(dump(await openTestEngine('two')))
  })

  test('can be asked as of any past block', async () => {
    const engine = await openTestEngine('past')
    const [issued] = engine.query('GrantEvent', { ...idQuery, orderBy: 'cursor', first: 1 })
    const block = Number(issued?.block)
    const grants = engine.query('Grant', { ...idQuery, block })
    expect(grants.map(({ number, endedAt }) => [number, endedAt])).toEqual([
      [1n, undefined],
      [2n, undefined],
    ])
    expect(engine.query('Grant', { ...idQuery, block: block - 1 })).toEqual([])
    expect(engine.get('Topic', topicIdOf('home'), block)).toMatchObject({ filter: 'home' })
  })

  test('is taken back by a reorganisation and made again', async () => {
    const engine = await openTestEngine('reorg')
    const before = dump(engine)
    const snapshot = await it.chain.rpc.request('evm_snapshot')
    await it.call('giveTopic', ['lost', it.owner.address])
    await caughtUp(engine)
    expect(engine.get('Topic', topicIdOf('lost'))).toBeDefined()
    await it.chain.rpc.request('evm_revert', [snapshot])
    await it.chain.rpc.request('anvil_mine', ['0x1'])
    await caughtUp(engine)
    expect(dump(engine)).toEqual(before)
    await it.call('giveTopic', ['found', it.owner.address])
    await caughtUp(engine)
    expect(engine.get('Topic', topicIdOf('lost'))).toBeUndefined()
    expect(engine.get('Topic', topicIdOf('found'))).toBeDefined()
  })

  test('goes on after its process was killed at work, nothing lost or doubled, also where the chain changed meanwhile', async () => {
    const height = async (): Promise<number> => Number(await it.chain.rpc.request<string>('eth_blockNumber'))
    const topics = async (name: string, count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await it.call('giveTopic', [`${name}${i}`, it.owner.address])
    }
    const first = await height()
    await topics('kept', 12)
    const snapshot = await it.chain.rpc.request('evm_snapshot')
    await topics('replaced', 8)
    const killed = [
      await killEngine(optionsOf('killed'), { atBlock: first + 3 }),
      await killEngine(optionsOf('killed'), { atBlock: first + 15, afterMs: 1 }),
    ]
    await it.chain.rpc.request('evm_revert', [snapshot])
    await topics('other', 9)
    killed.push(await killEngine(optionsOf('killed'), { atBlock: first + 14 }))
    expect(killed.filter(({ wasAtWork }) => wasAtWork).length).toBeGreaterThan(0)
    const engine = await openTestEngine('killed')
    expect(dump(engine)).toEqual(dump(await openTestEngine('whole')))
    expect(engine.get('Topic', topicIdOf('replaced3'))).toBeUndefined()
    expect(engine.get('Topic', topicIdOf('other3'))).toBeDefined()
  }, 300_000)

  test('keeps hostile text as it came, but for NUL, which no filter can hold', async () => {
    const filter = 'evil\u202e<script>"\'; DROP TABLE entity_Topic; --'
    await it.call('giveTopic', [filter, it.owner.address])
    const engine = await openTestEngine('hostile')
    await caughtUp(engine)
    expect(engine.get('Topic', topicIdOf(filter))).toMatchObject({ filter })
  })
})

describe('the engine', () => {
  test('finds where a reorganisation began in a few questions, however deep it lies', async () => {
    const blocks = Array.from({ length: 5_000 }, (_, i) => 3 * i).map(
      (number) => ({ number, hash: '0x00', timestamp: 0 }) as const,
    )
    const blockUpTo = (number: number) => blocks.findLast((block) => block.number <= number)
    for (const fork of [-1, 0, 3, 6_000, 14_991, 14_994, 14_997]) {
      let asked = 0
      const isOnChain = async ({ number }: IndexedBlock): Promise<boolean> => ++asked > 0 && number <= fork
      const shared = await lastShared(blocks.at(-1)!, { blockUpTo, isOnChain })
      expect(shared?.number).toBe(fork === -1 ? undefined : fork)
      expect(asked).toBeLessThan(40)
    }
  })

  test('shows a handler nothing that an earlier one left in memory or globals', () => {
    const mapping = loadMapping(forgetfulMapping(), { get: () => undefined, set: () => {} }, silent)
    const [event, next] = [{}, {}].map((transaction) => ({
      address: '0x',
      logIndex: 0,
      block: {},
      transaction,
      args: [],
    }))
    for (const each of [event, event, next, event]) mapping.run('handle', each!)
    // The same instance without being put back does see it.
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(forgetfulMapping()))
    const handle = exports.handle as (event: number) => void
    handle(0)
    expect(() => handle(0)).toThrow(WebAssembly.RuntimeError)
  })

  test('refuses a mapping that imports what it does not offer, naming it', () => {
    // (module (import "env" "ipfs.cat" (func)))
    const wasm = Uint8Array.from(
      Buffer.from(`0061736d01000000010401600000020c0103656e7608697066732e6361740000`.replace('020c', '0210'), 'hex'),
    )
    expect(() => loadMapping(wasm, { get: () => undefined, set: () => {} }, silent)).toThrow(/ipfs\.cat/)
  })

  test('refuses a schema with what it does not store', () => {
    expect(() => readSchema('type A @entity(immutable: true) { id: Bytes! tags: [String!]! }')).toThrow(/lists/)
    expect(() => readSchema('type A @entity(immutable: true) { id: Bytes! price: BigDecimal! }')).toThrow(/BigDecimal/)
  })

  test('begins anew in a file that another mapping filled, with the columns of its own schema', () => {
    const path = join(dir, 'older.sqlite')
    const older = new EntityStore(path, readSchema('type A @entity(immutable: true) { id: Bytes! }'), 'older')
    older.begin(1)
    older.set('A', idOf('0x01'), new Map([['id', idOf('0x01')]]))
    older.commit({ number: 1, hash: '0x01', timestamp: 1 })
    older.close()
    const wider = readSchema('type A @entity(immutable: true) { id: Bytes! wei: BigInt! }')
    const newer = new EntityStore(path, wider, 'newer')
    expect([newer.head(), newer.at('A', '0x01')]).toEqual([undefined, undefined])
    newer.begin(1)
    newer.set('A', idOf('0x02'), new Map<string, EntityValue>().set('id', idOf('0x02')).set('wei', 2n ** 200n))
    newer.commit({ number: 1, hash: '0x01', timestamp: 1 })
    newer.close()
    const again = new EntityStore(path, wider, 'newer')
    expect(again.at('A', '0x02')).toMatchObject({ wei: 2n ** 200n })
    again.close()
  })

  test('sorts and compares numbers beyond 64 bits by value', () => {
    const schema = readSchema('type A @entity(immutable: true) { id: Bytes! wei: BigInt! }')
    const store = new EntityStore(':memory:', schema, 'numbers')
    const numbers = [0n, 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n, 2n ** 255n + 1n]
    store.begin(1)
    numbers.forEach((wei, i) => {
      store.set('A', Uint8Array.of(i), new Map<string, EntityValue>().set('id', Uint8Array.of(i)).set('wei', wei))
    })
    store.commit({ number: 1, hash: '0x01', timestamp: 1 })
    const ask = (where: FieldCondition[]) =>
      store.query('A', { where, orderBy: 'wei', direction: 'asc', first: 10 }).map(({ wei }) => wei)
    expect(ask([])).toEqual(numbers)
    expect(ask([{ field: 'wei', is: 'gt', value: 2n ** 63n - 1n }])).toEqual(numbers.slice(3))
    expect(ask([{ field: 'wei', is: 'eq', value: 2n ** 64n }])).toEqual([2n ** 64n])
    const negative = new Map<string, EntityValue>().set('id', Uint8Array.of(9)).set('wei', -1n)
    expect(() => store.set('A', Uint8Array.of(9), negative)).toThrow(/uint256/)
    store.close()
  })

  test('tells bytes as hex, empty ones too, and those that are not there as absent', () => {
    const schema = readSchema('type A @entity(immutable: true) { id: Bytes! note: Bytes }')
    const store = new EntityStore(':memory:', schema, 'bytes')
    const of = (id: number, fields: Record<string, EntityValue>) =>
      store.set('A', Uint8Array.of(id), new Map(Object.entries({ id: Uint8Array.of(id), ...fields })))
    store.begin(1)
    of(0xab, {})
    of(0xac, { note: new Uint8Array() })
    of(0xad, { note: Uint8Array.of(0, 0xff) })
    store.commit({ number: 1, hash: '0x01', timestamp: 1 })
    const rows = [{ id: '0xab' }, { id: '0xac', note: '0x' }, { id: '0xad', note: '0x00ff' }]
    expect(store.query('A', { orderBy: 'id', direction: 'asc', first: 10 })).toEqual(rows)
    expect(['0xab', '0xac', '0xad'].map((id) => store.at('A', id, 1))).toEqual(rows)
    expect(store.get('A', Uint8Array.of(0xad))?.get('note')).toEqual(Uint8Array.of(0, 0xff))
    store.close()
  })

  test('forgets what it remembers of a block that is taken back', () => {
    const store = new EntityStore(':memory:', readSchema('type A @entity { id: Bytes! n: BigInt! }'), 'memory')
    const id = Uint8Array.of(0xab)
    const write = (number: number, n: bigint): void => {
      store.begin(number)
      store.set('A', id, new Map<string, EntityValue>().set('id', id).set('n', n))
      store.commit({ number, hash: `0x0${number}`, timestamp: number })
    }
    const told = (block: number, id = '0xab') => store.at('A', id, block)?.n
    write(1, 1n)
    write(2, 2n)
    expect([told(0), told(1), told(2)]).toEqual([undefined, 1n, 2n])
    store.revertTo(1)
    expect(told(2)).toBe(1n) // beyond the head: what stands, and not to be remembered
    write(2, 3n)
    expect([told(1), told(2)]).toEqual([1n, 3n])
    write(3, 4n)
    expect([told(2), told(3), told(3, '0xAB')]).toEqual([3n, 4n, 4n])
    write(4, 5n)
    expect(told(4, '0xAB')).toBe(5n)
    store.close()
  })

  test('says what is wrong when there is no build', () => {
    expect(() => openEngine({ ...optionsOf('none'), buildDir: dir })).toThrow(/npm run build/)
  })

  test('finds the last block at or before a time', async () => {
    const engine = await openTestEngine('times')
    const head = engine.status().head
    expect(engine.blockAtOrBefore((head?.timestamp ?? 0) + 10)).toEqual(head)
    expect(engine.blockAtOrBefore(1)).toBeUndefined()
    expect(engine.blockHash(head?.number ?? 0)).toBe(head?.hash as Hex)
  })
})
