import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeCall, explainRevert } from '../../contracts/abi/calls.ts'
import { compileFlyTrap } from '../../contracts/compile.ts'
import { generateAbi, generateEnums } from '../../contracts/generate.ts'
import { RpcError } from '../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import { authorize } from '../../domain/authorize.ts'
import type { Hex } from '../../domain/bytes.ts'
import { Right } from '../../domain/enums.ts'
import { isFirstLevel, parseRegisteredFilter, parseTopicFilter } from '../../domain/topic-filter.ts'
import { View, type ViewEvent } from '../../domain/view.ts'
import { type Account, startTestChain, type TestChain } from '../support/chain.ts'

interface FilterVectors {
  registrable: string[]
  refused: string[]
  refusedBytes: string[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/topic-filters.json', import.meta.url), 'utf8'),
) as FilterVectors

let it: TestChain
beforeAll(async () => {
  it = await startTestChain()
})
afterAll(() => it.stop())

/** Returns the custom error that registering would meet. An unowned but well-formed filter fails for its owner only. */
async function refusalOf(data: Hex): Promise<string | undefined> {
  const call = { from: it.owner.address, to: it.contract.address, data }
  return it.chain.rpc.request('eth_call', [call, 'latest']).then(
    () => undefined,
    (error: unknown) => (error instanceof RpcError ? explainRevert(error.data ?? '0x')?.error : String(error)),
  )
}

describe('the contract and domain agree', () => {
  test('on which filters can be registered', async () => {
    for (const filter of vectors.registrable) {
      expect([filter, parseRegisteredFilter(filter)]).toEqual([filter, filter])
      expect([filter, await refusalOf(encodeCall('registerTopic', [filter]))]).toEqual([filter, 'FlyTrapNotTopicOwner'])
    }
    for (const filter of vectors.refused) {
      expect([filter, parseRegisteredFilter(filter)]).toEqual([filter, undefined])
      expect([filter, await refusalOf(encodeCall('registerTopic', [filter]))]).toEqual([filter, 'FlyTrapInvalidFilter'])
    }
  })

  test('on ill-formed UTF-8: nobody registers it (RFC 3629 section 4)', async () => {
    for (const bytes of vectors.refusedBytes) {
      const padded = bytes.padEnd(64, '0')
      const length = (bytes.length / 2).toString(16).padStart(64, '0')
      const data = `${encodeCall('registerTopic', ['']).slice(0, 10)}${'20'.padStart(64, '0')}${length}${padded}` as Hex
      expect([bytes, await refusalOf(data)]).toEqual([bytes, 'FlyTrapInvalidFilter'])
    }
  })

  test('on who may do what, over random topics, grants and names', async () => {
    const accounts = [it.owner, await it.account(), await it.account(), await it.account()]
    const random = lcg(20_261_124)
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
    const levels = ['a', 'b', '']
    const name = (): string => Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(levels)).join('/')
    for (let i = 0; i < 120; i++) await play(pick, name, accounts)
    const view = await foldView()

    let allowed = 0
    for (let i = 0; i < 600; i++) {
      const [account, topicName, right] = [pick(accounts), name(), pick([Right.PUBLISH, Right.SUBSCRIBE])]
      if (topicName === '') continue
      const [onChain, grantId, via] = await it.read('check', [account.address, topicName, right])
      const kind = right === Right.PUBLISH ? 'publish' : 'deliver'
      const decision = authorize({ kind, account: account.address, topicName }, view, Math.floor(Date.now() / 1_000))
      const expected = onChain === true ? { outcome: 'allowed', grantId, topicId: via } : { outcome: 'denied' }
      expect({ topicName, right, ...decision }).toMatchObject({ topicName, right, ...expected })
      if (onChain === true) allowed++
    }
    expect(allowed).toBeGreaterThan(60)
  })
})

type Pick = <T>(list: readonly T[]) => T

/** One random deed by a random account. Most are refused: so they are on a real chain. */
async function play(pick: Pick, name: () => string, accounts: readonly Account[]): Promise<void> {
  const filter = pick([name(), `${name()}/#`])
  if (parseTopicFilter(filter) === undefined) return
  const [actor, grantee] = [pick(accounts), pick(accounts)]
  const until = Math.floor(Date.now() / 1_000) + pick([1, 1_000, 100_000])
  const zero = `0x${'00'.repeat(32)}`
  const deeds = [
    () =>
      isFirstLevel(filter)
        ? it.call('giveTopic', [filter, grantee.address])
        : it.call('registerTopic', [filter], actor.sender),
    () => it.call('registerTopic', [filter], actor.sender),
    () => it.call('grant', [filter, grantee.address, pick([1, 2, 3]), until, 2, zero], actor.sender),
    () => it.call('grant', [filter, grantee.address, pick([1, 2, 3]), until, 2, zero], actor.sender),
    () => it.call('revoke', [filter, grantee.address, pick([1, 2])], actor.sender),
  ]
  await pick(deeds)().catch((error: { code?: string }) => expect(error.code).toBe('REVERTED'))
}

async function foldView(): Promise<View> {
  const view = new View()
  const toBlock = Number(await it.chain.rpc.request<string>('eth_blockNumber'))
  const range = { address: it.contract.address, fromBlock: 0, toBlock }
  for await (const events of readEvents(it.chain.rpc, range)) for (const event of events) view.apply(event as ViewEvent)
  return view
}

/** Repeatable: a failure can be played again. */
function lcg(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('generated files', () => {
  test('are fresh: `npm run generate` would change nothing', () => {
    for (const [path, text] of Object.entries({ ...generateEnums(), ...generateAbi(compileFlyTrap()) })) {
      expect([path, readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8') === text]).toEqual([path, true])
    }
  })
})
