/** Reading, sending and following through a node that offers what public providers do, and nothing more. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createRpc } from '../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import { createSender } from '../../contracts/rpc/transact.ts'
import { ChainView } from '../../proxy/chain/chain-view.ts'
import { silent, startTestChain, type TestChain } from '../support/chain.ts'
import { type LimitedNode, startLimitedNode } from '../support/limited-node.ts'
import { accessOf, addTestRecorder, readHistory } from '../support/records.ts'

let it: TestChain
let node: LimitedNode
const dir = mkdtempSync(join(tmpdir(), 'flytrap-limited-'))

beforeAll(async () => {
  it = await startTestChain()
})
afterAll(async () => {
  await it.stop()
  rmSync(dir, { recursive: true, force: true })
})
beforeEach(async () => {
  node = await startLimitedNode(it.chain.url)
})
afterEach(() => node.stop())

describe('a node that offers no filters', () => {
  test('and gives few results, is asked for less, and gives them all', async () => {
    node.limits.logResults = 3
    const from = Number(await it.chain.rpc.request<string>('eth_blockNumber')) + 1
    for (const name of ['r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8'])
      await it.call('giveTopic', [name, it.owner.address])
    const range = { address: it.contract.address, fromBlock: from, toBlock: from + 7 }
    const events = (await Array.fromAsync(readEvents(createRpc(node.url), range))).flat()
    expect(events.filter(({ name }) => name === 'TopicRegistered')).toHaveLength(8)
  })

  test('is followed by the view that decides', async () => {
    const view = new ChainView({
      rpcUrl: node.url,
      contract: it.contract.address,
      chainId: it.chain.chainId,
      deployBlock: it.contract.deployBlock,
      confirmations: 1,
      pollMs: 20,
      staleAfterMs: 60_000,
      snapshotPath: join(dir, 'view.json'),
      log: silent,
    })
    await view.start()
    const owner = (): string | undefined => view.views.newest.topic('followed')?.owner
    expect(owner()).toBeUndefined()
    await it.call('giveTopic', ['followed', it.owner.address])
    await expect.poll(owner).toBe(it.owner.address)
    view.stop()
    expect(node.asked.map(({ method }) => method).filter((method) => /ilter|subscribe/.test(method))).toEqual([])
  })

  test('and does not know the tag pending, takes transactions and records', async () => {
    node.limits.pending = false
    const sender = createSender(createRpc(node.url), it.owner.key)
    await it.call('giveTopic', ['sent', it.owner.address], sender)
    expect((await it.read('topicOf', ['sent']))[0]).toBe(it.owner.address)

    const recorder = await addTestRecorder(it)
    const records = await recorder.open({ rpcUrl: node.url })
    await records.journal.record(accessOf())
    // An idle development chain shows its last block's time: only there does a batch wait for the next block.
    const mining = setInterval(() => void it.chain.rpc.request('anvil_mine', ['0x1']), 200)
    expect(await records.flush()).toMatchObject({ records: 2 })
    clearInterval(mining)
    await records.stop()
    expect((await readHistory(it, recorder)).records).toHaveLength(2)
  })
})
