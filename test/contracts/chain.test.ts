import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encoded } from '../../cli/actions/contract-calls.ts'
import { catchUp } from '../../contracts/devchain/clock.ts'
import { startDevChain } from '../../contracts/devchain/start-dev-chain.ts'
import { assertDeployment } from '../../contracts/rpc/assert-deployment.ts'
import { createRpc } from '../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import { estimateGas } from '../../contracts/rpc/transact.ts'
import { type Hex, keccak256, sha256, toHex, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { endingOf } from '../../domain/contract-calls.ts'
import { Right } from '../../domain/enums.ts'
import { foldHead, seedHead } from '../../domain/head.ts'
import { encodeRecord, unpackAccess } from '../../domain/packed.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { freePort, silent, startTestChain, type TestChain } from '../support/chain.ts'

let it: TestChain

beforeAll(async () => {
  it = await startTestChain()
})
afterAll(() => it.stop())

const eventsOf = async (url: string): Promise<string[]> => {
  const range = { address: it.contract.address, fromBlock: 0, toBlock: 1_000 }
  return (await Array.fromAsync(readEvents(createRpc(url), range))).flat().map(({ name }) => name)
}

describe('a refusal of the contract', () => {
  test('is explained with its custom error and values', async () => {
    const stranger = await it.account()
    const refused = it.call('registerTopic', ['nobody/x'], stranger.sender)
    await expect(refused).rejects.toMatchObject({
      code: 'REVERTED',
      revert: { error: 'FlyTrapNotTopicOwner', args: { filter: 'nobody/x', sender: stranger.address } },
    })
  })

  test('for want of ETH says so', async () => {
    const poor = await it.account()
    await it.chain.fund(poor.address, 0n)
    await expect(it.call('giveTopic', ['x', poor.address], poor.sender)).rejects.toMatchObject({ code: 'REVERTED' })
    await it.chain.fund(it.owner.address, 1n)
    await expect(it.call('giveTopic', ['x', poor.address])).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' })
    await it.chain.fund(it.owner.address, 10n ** 21n)
  })
})

describe('recordBatch', () => {
  test('emits each record and folds the head exactly as domain does', async () => {
    const recorder = await it.account()
    await it.call('addRecorder', [recorder.address])
    const [id, , , added] = (await it.read('recorders', [recorder.address])) as [number, number, bigint, number]
    const record = {
      action: 4 as const,
      outcome: 1 as const,
      denialReason: 203 as const,
      countIsLowerBound: true,
      sealed: false,
      account: it.owner.address,
      topicId: topicIdOf('home'),
      grantId: 5,
      firstAt: added,
      span: 3,
      count: 9,
    }
    const bytes = Buffer.concat([encodeRecord(record), encodeRecord({ ...record, count: 10 })])
    const evidenceRoot = toHex(sha256(bytes))
    const { blockNumber } = await it.call('recordBatch', [1n, bytes, evidenceRoot, added, added], recorder.sender)

    const range = { address: it.contract.address, fromBlock: blockNumber, toBlock: blockNumber }
    const events = (await Array.fromAsync(readEvents(it.chain.rpc, range))).flat()
    const seen = events.flatMap((e) =>
      e.name === 'Access' ? [unpackAccess(e.args.account, e.args.topicId, e.args.packed)] : [],
    )
    expect(seen).toEqual([
      { ...record, recorderId: id, seq: 1n },
      { ...record, count: 10, recorderId: id, seq: 2n },
    ])
    const head = foldHead(seedHead(31_337n, it.contract.address, recorder.address), {
      firstSeq: 1n,
      count: 2,
      recordsHash: toHex(keccak256(bytes)),
      evidenceRoot,
      through: added,
      builtAt: added,
    })
    expect(events.find((e) => e.name === 'Batch')?.args).toMatchObject({ head, count: 2, firstSeq: 1n })
    expect((await it.read('recorders', [recorder.address])).at(-1)).toBe(head)

    const again = it.call('recordBatch', [1n, bytes, evidenceRoot, added, added], recorder.sender)
    await expect(again).rejects.toMatchObject({ revert: { error: 'FlyTrapWrongSequence' } })
  })
})

describe('a deployment', () => {
  test('is refused on another chain, without code, and with foreign code', async () => {
    const { rpc } = it.chain
    const { address } = it.contract
    await expect(assertDeployment(rpc, { chainId: 31_337n, address })).resolves.toBeUndefined()
    await expect(assertDeployment(rpc, { chainId: 1n, address })).rejects.toMatchObject({ code: 'WRONG_CHAIN_ID' })
    const empty = assertDeployment(rpc, { chainId: 31_337n, address: it.owner.address })
    await expect(empty).rejects.toMatchObject({ code: 'NO_CODE' })
    const foreign: Hex = `0x${'77'.repeat(20)}`
    await rpc.request('anvil_setCode', [foreign, '0x6001'])
    const other = assertDeployment(rpc, { chainId: 31_337n, address: foreign })
    await expect(other).rejects.toMatchObject({ code: 'FOREIGN_CODE' })
  })
})

describe('the embedded chain', () => {
  test('has no account that holds ETH from the start', async () => {
    expect(await it.chain.rpc.request('eth_accounts')).toEqual([])
  })

  test('goes on after a hard kill where its last dump stands, history and all', async () => {
    await it.call('giveTopic', ['kept', it.owner.address])
    await it.chain.dump()
    const names = await eventsOf(it.chain.url)
    const height = await it.chain.rpc.request('eth_blockNumber')
    const dir = mkdtempSync(join(tmpdir(), 'flytrap-copy-'))
    copyFileSync(join(it.dir, 'anvil-state.json'), join(dir, 'anvil-state.json'))

    const first = await startDevChain({ dir, port: await freePort(), log: silent })
    process.kill(Number(readFileSync(join(dir, 'anvil.pid'), 'utf8')), 'SIGKILL')
    await first.exited
    const again = await startDevChain({ dir, port: await freePort(), log: silent })
    expect(await eventsOf(again.url)).toEqual(names)
    expect(names).toContain('TopicRegistered')
    expect(await again.rpc.request('eth_blockNumber')).toBe(height)
    const proof = await again.rpc.request('eth_getProof', [it.contract.address, [ZERO_BYTES32], 'latest'])
    expect(proof).toMatchObject({ address: it.contract.address })
    await again.stop()
    await first.stop().catch(() => {})
    rmSync(dir, { recursive: true })
  })

  test('ends the anvil that a killed owner left behind', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'flytrap-orphan-'))
    const orphan = await startDevChain({ dir, port: await freePort(), log: silent })
    const next = await startDevChain({ dir, port: await freePort(), log: silent })
    expect(await orphan.exited).toBeNull()
    await next.stop()
    rmSync(dir, { recursive: true })
  })

  test('refuses a damaged state and overwrites nothing', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'flytrap-damaged-'))
    const file = join(dir, 'anvil-state.json')
    copyFileSync(join(it.dir, 'anvil-state.json'), file)
    truncateSync(file, 100)
    const before = readFileSync(file)
    const refused = startDevChain({ dir, port: await freePort(), log: silent })
    await expect(refused).rejects.toMatchObject({ code: 'CHAIN_STATE_DAMAGED' })
    expect(readFileSync(file)).toEqual(before)
    writeFileSync(file, '[]')
    await expect(startDevChain({ dir, port: 1, log: silent })).rejects.toMatchObject({ code: 'CHAIN_STATE_DAMAGED' })
    rmSync(dir, { recursive: true })
  })
})

describe('an endpoint', () => {
  test('that cannot be reached, times out or answers nonsense is told apart, and no key of its URL is shown', async () => {
    const dead = createRpc(`http://user:secret@127.0.0.1:${await freePort()}/v3/apikey`)
    const error = await dead.request('eth_chainId').catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'RPC_UNREACHABLE' })
    expect(String(error)).not.toMatch(/secret|apikey/)
    await expect(it.chain.rpc.request('no_such_method')).rejects.toMatchObject({ code: 'RPC_ERROR' })
  })

  test('that lacks the contract answers zero addresses no check', async () => {
    expect(await it.read('check', [ZERO_ADDRESS, 'home', 1])).toEqual([false, 0, ZERO_BYTES32])
  })
})

describe('the end of a bought right', () => {
  test('has gas for the change that only the seconds until it is mined make', async () => {
    const { rpc } = it.chain
    const [owner, buyer] = [await it.account(), await it.account()]
    await it.call('giveTopic', ['shop', owner.address])
    const prices = { offers: Right.SUBSCRIBE, publishPrice: 0n, subscribePrice: 10n ** 16n, period: 1_000 }
    const terms = { ...prices, countryRule: 0, countries: 0n, isSealed: false }
    await it.call('setTerms', ['shop', terms], owner.sender)
    await it.pay('purchase', ['shop', Right.SUBSCRIBE, 0, ZERO_BYTES32], 10n ** 16n, buyer.sender)
    await it.call('withdraw', [owner.address], owner.sender)
    const topic = topicIdOf('shop')
    const [, until] = (await it.read('purchaseOf', [topic, buyer.address, Right.SUBSCRIBE])) as [number, number]

    const estimatedAt = until - 500
    const ending = endingOf({ filter: 'shop', account: buyer.address, rights: Right.SUBSCRIBE }, 5n * 10n ** 15n)
    const call = encoded(ending, it.contract.address)
    await rpc.request('evm_setNextBlockTimestamp', [estimatedAt])
    const gas = await estimateGas(rpc, owner.address, call)
    await rpc.request('evm_setNextBlockTimestamp', [estimatedAt + 12])
    await owner.sender.send({ ...call, gas })
    expect(await it.read('creditOf', [owner.address])).toEqual([12n * 10n ** 13n])
  })
})

describe('the embedded chain’s clock', () => {
  const behind = async (): Promise<number> => {
    const now = Math.floor(Date.now() / 1_000)
    const { timestamp } = await it.chain.rpc.request<{ timestamp: string }>('eth_getBlockByNumber', ['pending', false])
    return now - Number(timestamp)
  }

  test('is brought up to ours where it is behind, and left alone where it is ahead', async () => {
    await it.chain.rpc.request('evm_setTime', [Math.floor(Date.now() / 1_000) - 90])
    await expect.poll(behind).toBeGreaterThan(0)
    await catchUp(it.chain.rpc)
    expect(await behind()).toBeLessThanOrEqual(0)
    await it.chain.rpc.request('evm_increaseTime', ['0x3c'])
    await catchUp(it.chain.rpc)
    expect(await behind()).toBeLessThan(-50)
  })
})
