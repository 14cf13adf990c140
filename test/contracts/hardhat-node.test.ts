/** Hardhat's own node, and a history too long for one question, read through what public providers allow. */
import { network } from 'hardhat'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { encodeCall } from '../../contracts/abi/calls.ts'
import { type Deployed, deployFlyTrap } from '../../contracts/deploy.ts'
import { assertDeployment } from '../../contracts/rpc/assert-deployment.ts'
import { createRpc, type Rpc } from '../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import { chainIdOf, createSender, type Sender } from '../../contracts/rpc/transact.ts'
import { type LimitedNode, type Limits, startLimitedNode } from '../support/limited-node.ts'

const HISTORY = 30_000
/** The first of the accounts that Hardhat gives ETH to, known to everybody. */
const KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

let server: Awaited<ReturnType<typeof network.createServer>>
let url: string
let rpc: Rpc
let owner: Sender
let contract: Deployed
let height: number

beforeAll(async () => {
  server = await network.createServer({ network: 'default' }, '127.0.0.1', 0)
  const { port } = await server.listen()
  url = `http://127.0.0.1:${port}`
  rpc = createRpc(url)
  owner = createSender(rpc, KEY)
  contract = await deployFlyTrap(rpc, KEY)
  await giveTopic('early')
  await rpc.request('hardhat_mine', [`0x${HISTORY.toString(16)}`, '0x1'])
  await giveTopic('late')
  height = Number(await rpc.request<string>('eth_blockNumber'))
})
afterAll(() => server.close())

const giveTopic = (name: string) =>
  owner.send({ to: contract.address, data: encodeCall('giveTopic', [name, owner.address]) })

describe('Hardhat’s node', () => {
  test('takes the contract, and explains its refusals', async () => {
    const chainId = await chainIdOf(rpc)
    await expect(assertDeployment(rpc, { chainId, address: contract.address })).resolves.toBeUndefined()
    await expect(giveTopic('early')).rejects.toMatchObject({
      code: 'REVERTED',
      revert: { error: 'FlyTrapTopicExists' },
    })
  })
})

describe('a node that gives logs of 1,000 blocks at most', () => {
  let node: LimitedNode
  beforeEach(async () => {
    node = await startLimitedNode(url)
  })
  afterEach(() => node.stop())
  const refusals = (): number => node.asked.filter(({ method, refused }) => method === 'eth_getLogs' && refused).length

  test.each<[Limits['words'], number]>([
    ['infura', 1],
    ['quicknode', 1],
    ['tenderly', 1],
    ['silent', 12],
  ])('is read whole, its limit learnt once (as %s says it)', async (words, most) => {
    node.limits.words = words
    const limited = createRpc(node.url)
    const names = ['TopicRegistered'] as const
    const range = { address: contract.address, fromBlock: 0, toBlock: height, names }
    const read = async () => (await Array.fromAsync(readEvents(limited, range))).flat()
    const filters = (await read()).flatMap((event) => (event.name === 'TopicRegistered' ? event.args.filter : []))
    expect(filters).toEqual(['early', 'late'])
    expect(refusals()).toBeLessThanOrEqual(most)
    expect(node.count('eth_getLogs')).toBeLessThan(HISTORY / 1_000 + 25)
    const before = refusals()
    await read()
    expect(refusals() - before).toBeLessThanOrEqual(most === 1 ? 0 : 4)
  })

  test('and counts requests, is read on after a pause, not from the beginning', async () => {
    let left = 2
    node.fault = (method) => {
      const isLimited = method === 'eth_getLogs' && node.count(method) > 10 && left-- > 0
      return isLimited ? { at: 'before', how: 'status', status: 429, headers: { 'retry-after': '0' } } : undefined
    }
    const range = { address: contract.address, fromBlock: 0, toBlock: height }
    const events = (await Array.fromAsync(readEvents(createRpc(node.url), range))).flat()
    expect(events.map(({ name }) => name)).toContain('TopicRegistered')
    expect(left).toBeLessThanOrEqual(0)
    expect(node.count('eth_getLogs')).toBeLessThan(HISTORY / 1_000 + 10)
  })
})
