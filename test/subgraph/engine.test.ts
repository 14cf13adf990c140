import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getBlock } from '../../contracts/rpc/blocks.ts'
import { type Hex, toHex, ZERO_ADDRESS } from '../../domain/bytes.ts'
import { type Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { openEngine } from '../../subgraph/engine/open-engine.ts'
import type { Engine, EntityRow } from '../../subgraph/engine/port.ts'
import { readSchema } from '../../subgraph/engine/schema.ts'
import { loadMapping } from '../../subgraph/engine/wasm/mapping.ts'
import { silent, startTestChain, type TestChain } from '../support/chain.ts'
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
  await expect.poll(() => engine.status().head?.hash, { timeout: 20_000 }).toBe(head?.hash)
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
afterAll(async () => {
  for (const engine of engines) await engine.stop()
  await it.stop()
  rmSync(dir, { recursive: true, force: true })
})

describe('the history', () => {
  test('holds topics, grants and what became of them', async () => {
    const engine = await openTestEngine('first')
    const topic = engine.get('Topic', idOf(topicIdOf('home')))
    expect(topic).toMatchObject({ filter: 'home', since: 1n })
    expect(toHex(topic?.owner as Uint8Array)).toBe(it.owner.address)
    expect(engine.get('Topic', idOf(topicIdOf('home/#')))).not.toHaveProperty('owner')

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
    expect(toHex(found[0]?.account as Uint8Array)).toBe(ZERO_ADDRESS)
    expect(toHex(found[1]?.id as Uint8Array)).toBe('0x000000010000000000000002')
  })

  test('of a recorder ends where its last batch ends', async () => {
    const engine = await openTestEngine('recorder')
    const [found] = engine.query('Recorder', idQuery)
    const [, , nextSeq, through, , head] = await it.read('recorders', [recorder.account.address])
    expect(found).toMatchObject({ nextSequence: nextSeq, through: BigInt(through as number), state: 'ACTIVE' })
    expect(toHex(found?.head as Uint8Array)).toBe(head)
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
    expect(engine.get('Topic', idOf(topicIdOf('home')), block)).toMatchObject({ filter: 'home' })
  })

  test('is taken back by a reorganisation and made again', async () => {
    const engine = await openTestEngine('reorg')
    const before = dump(engine)
    const snapshot = await it.chain.rpc.request('evm_snapshot')
    await it.call('giveTopic', ['lost', it.owner.address])
    await caughtUp(engine)
    expect(engine.get('Topic', idOf(topicIdOf('lost')))).toBeDefined()
    await it.chain.rpc.request('evm_revert', [snapshot])
    await it.chain.rpc.request('anvil_mine', ['0x1'])
    await caughtUp(engine)
    expect(dump(engine)).toEqual(before)
    await it.call('giveTopic', ['found', it.owner.address])
    await caughtUp(engine)
    expect(engine.get('Topic', idOf(topicIdOf('lost')))).toBeUndefined()
    expect(engine.get('Topic', idOf(topicIdOf('found')))).toBeDefined()
  })

  test('goes on after its process was killed, nothing lost or doubled', async () => {
    const { log: _log, chainId, ...options } = optionsOf('killed')
    for (let round = 0; round < 3; round++) {
      const script = new URL('../support/engine-process.ts', import.meta.url).pathname
      const child = spawn(process.execPath, [script, JSON.stringify({ ...options, chainId: Number(chainId) })])
      const ended = new Promise((resolve) => child.once('exit', resolve))
      await new Promise((resolve) => setTimeout(resolve, 200 + round * 120))
      child.kill('SIGKILL')
      await ended
    }
    expect(dump(await openTestEngine('killed'))).toEqual(dump(await openTestEngine('whole')))
  })

  test('keeps hostile text as it came, but for NUL, which no filter can hold', async () => {
    const filter = 'evil\u202e<script>"\'; DROP TABLE entity_Topic; --'
    await it.call('giveTopic', [filter, it.owner.address])
    const engine = await openTestEngine('hostile')
    await caughtUp(engine)
    expect(engine.get('Topic', idOf(topicIdOf(filter)))).toMatchObject({ filter })
  })
})

describe('the engine', () => {
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
