/** What decides while the chain changes its mind. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorizeConfirmed } from '../../domain/authorize.ts'
import type { Address } from '../../domain/bytes.ts'
import { DenialReason } from '../../domain/enums.ts'
import { ChainView } from '../../proxy/chain/chain-view.ts'
import { silent, startTestChain, type TestChain } from '../support/chain.ts'

let chain: TestChain
let node: Server
let hidesLogs = false
let hidden = 0
let isOtherHistory = false
const dir = mkdtempSync(join(tmpdir(), 'flytrap-view-'))

beforeAll(async () => {
  chain = await startTestChain()
  // The real node, but one that can be told to answer no eth_getLogs, and to show other blocks.
  node = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request)).toString()
    if (hidesLogs && body.includes('eth_getLogs')) {
      hidden++
      return response.writeHead(503).end()
    }
    const answer = await fetch(chain.chain.url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    const text = await answer.text()
    const shown = isOtherHistory ? text.replace(/"hash":"0x..../, '"hash":"0xabcd') : text
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(shown)
  })
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  node.closeAllConnections()
  node.close()
  await chain.stop()
  rmSync(dir, { recursive: true, force: true })
})

const viewOptions = (name: string) => ({
  rpcUrl: chain.chain.url,
  contract: chain.contract.address,
  deployBlock: chain.contract.deployBlock,
  chainId: chain.chain.chainId,
  confirmations: 1,
  pollMs: 20,
  staleAfterMs: 60_000,
  snapshotPath: join(dir, name),
  log: silent,
})

test('what had no room counts once there is room, also where the history is long and after a restart', async () => {
  const [first, second] = [await chain.account(), await chain.account()]
  await chain.call('giveTopic', ['full', chain.owner.address])
  await chain.grant('full', first.address, 1)
  await chain.grant('full', second.address, 1)
  await chain.chain.rpc.request('anvil_mine', ['0xd0'])
  const reasonOf = (view: ChainView, account: Address): number => {
    const now = Math.floor(Date.now() / 1_000)
    const decision = authorizeConfirmed({ kind: 'publish', account, topicName: 'full' }, view.views, now)
    return decision.outcome === 'denied' ? decision.reason : DenialReason.NONE
  }
  const view = new ChainView({ ...viewOptions('full.json'), entriesPerName: 1 })
  await view.start()
  expect(view.shortfalls).toEqual([{ name: 'full', topics: 0, rights: 1 }])
  expect(reasonOf(view, first.address)).toBe(DenialReason.NONE)
  expect(reasonOf(view, second.address)).toBe(DenialReason.LIMIT_EXCEEDED)

  view.stop() // saved, and short
  const again = new ChainView({ ...viewOptions('full.json'), entriesPerName: 1 })
  expect(again.block.number).toBeGreaterThan(chain.contract.deployBlock)
  await again.start()
  expect(reasonOf(again, second.address)).toBe(DenialReason.LIMIT_EXCEEDED)
  const roomier = new ChainView({ ...viewOptions('full.json'), entriesPerName: 2 })
  expect(roomier.block.number).toBeLessThan(chain.contract.deployBlock) // only the whole history tells

  again.setEntriesPerName(2)
  await expect.poll(() => reasonOf(again, second.address)).toBe(DenialReason.NONE)
  expect(again.shortfalls).toEqual([])
  again.setEntriesPerName(1) // what is kept stays
  expect(reasonOf(again, second.address)).toBe(DenialReason.NONE)
  again.stop()
})

const nodeUrl = (): string => `http://127.0.0.1:${(node.address() as { port: number }).port}`

test('a view that is short is not saved as whole where the fold for more room has yet to come', async () => {
  const accounts = [await chain.account(), await chain.account()]
  await chain.call('giveTopic', ['short', chain.owner.address])
  for (const { address } of accounts) await chain.grant('short', address, 1)
  await chain.chain.rpc.request('anvil_mine', ['0x50']) // settled: it is what is saved
  const view = new ChainView({ ...viewOptions('short.json'), rpcUrl: nodeUrl(), entriesPerName: 1 })
  await view.start()
  expect(view.shortfalls).toContainEqual({ name: 'short', topics: 0, rights: 1 })
  hidesLogs = true
  const before = hidden
  view.setEntriesPerName(2)
  await expect.poll(() => hidden).toBeGreaterThan(before)
  view.stop()
  hidesLogs = false
  const again = new ChainView({ ...viewOptions('short.json'), entriesPerName: 2 })
  await again.start()
  expect(again.shortfalls).toEqual([])
  again.stop()
})

test('a reorganisation that goes as it came, before it could be folded, leaves nothing out of the view or of what is saved', async () => {
  const { address: account } = await chain.account()
  await chain.call('giveTopic', ['garden', chain.owner.address])
  await chain.grant('garden', account, 1)
  await chain.chain.rpc.request('anvil_mine', ['0x50']) // settled
  const options = { ...viewOptions('back.json'), rpcUrl: nodeUrl() }
  const view = new ChainView(options)
  const may = ({ views }: ChainView): string => {
    const now = Math.floor(Date.now() / 1_000)
    return authorizeConfirmed({ kind: 'publish', account, topicName: 'garden' }, views, now).outcome
  }
  await view.start()
  hidesLogs = isOtherHistory = true
  const before = hidden
  await expect.poll(() => hidden).toBeGreaterThan(before)
  hidesLogs = isOtherHistory = false
  await chain.grant('garden', (await chain.account()).address, 1)
  await chain.chain.rpc.request('anvil_mine', ['0x50'])
  const height = Number(await chain.chain.rpc.request<string>('eth_blockNumber'))
  await expect.poll(() => view.block.number).toBe(height)
  expect(may(view)).toBe('allowed')
  view.stop()
  const again = new ChainView(options)
  await again.start()
  expect(may(again)).toBe('allowed')
  again.stop()
})

test('a revocation still counts while a reorganised chain is folded again', async () => {
  const { address: account } = await chain.account()
  const { rpc } = chain.chain
  await chain.call('giveTopic', ['home', chain.owner.address])
  await chain.grant('home', account, 1)
  await rpc.request('anvil_mine', ['0x50']) // the grant is settled, what follows is not
  const view = new ChainView({ ...viewOptions('view.json'), rpcUrl: nodeUrl() })
  const may = (): string => {
    const now = Math.floor(Date.now() / 1_000)
    return authorizeConfirmed({ kind: 'publish', account, topicName: 'home' }, view.views, now).outcome
  }
  await view.start()
  expect(may()).toBe('allowed')
  await chain.call('revoke', ['home', account, 1])
  await expect.poll(may).toBe('denied')

  const before = await rpc.request('evm_snapshot', [])
  await rpc.request('anvil_mine', ['0x1'])
  const height = Number(await rpc.request<string>('eth_blockNumber'))
  await expect.poll(() => view.block.number).toBe(height)
  hidesLogs = true
  await rpc.request('evm_revert', [before])
  await rpc.request('anvil_mine', ['0x3', '0x7'])
  await expect.poll(() => hidden, { timeout: 45_000 }).toBeGreaterThan(0)
  expect(may()).toBe('denied')

  hidesLogs = false
  await expect.poll(() => view.block.number, { timeout: 45_000 }).toBe(height + 2)
  expect(may()).toBe('denied')
  view.stop()
})
