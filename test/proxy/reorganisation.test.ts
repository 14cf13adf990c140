/** What decides while the chain changes its mind. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorizeConfirmed } from '../../domain/authorize.ts'
import { ChainView } from '../../proxy/chain/chain-view.ts'
import { silent, startTestChain, type TestChain } from '../support/chain.ts'

let chain: TestChain
let node: Server
let hidesLogs = false
let hidden = 0
const dir = mkdtempSync(join(tmpdir(), 'flytrap-view-'))

beforeAll(async () => {
  chain = await startTestChain()
  // The real node, but one that can be told to answer no eth_getLogs.
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
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  node.closeAllConnections()
  node.close()
  await chain.stop()
  rmSync(dir, { recursive: true, force: true })
})

test('a revocation still counts while a reorganised chain is folded again', async () => {
  const { address: account } = await chain.account()
  const { rpc, chainId } = chain.chain
  await chain.call('giveTopic', ['home', chain.owner.address])
  await chain.grant('home', account, 1)
  await rpc.request('anvil_mine', ['0x50']) // the grant is settled, what follows is not
  const { port } = node.address() as { port: number }
  const view = new ChainView({
    rpcUrl: `http://127.0.0.1:${port}`,
    contract: chain.contract.address,
    deployBlock: chain.contract.deployBlock,
    chainId,
    confirmations: 1,
    pollMs: 20,
    staleAfterMs: 60_000,
    snapshotPath: join(dir, 'view.json'),
    log: silent,
  })
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
  await expect.poll(() => hidden, { timeout: 5_000 }).toBeGreaterThan(0)
  expect(may()).toBe('denied')

  hidesLogs = false
  await expect.poll(() => view.block.number, { timeout: 5_000 }).toBe(height + 2)
  expect(may()).toBe('denied')
  view.stop()
})
