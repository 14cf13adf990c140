/** The keeper on a real chain: who is paid, who is not, and what an ill-meaning receiver costs it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEther } from 'ethers'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../../cli/config.ts'
import { type Keeper, type KeeperOptions, startKeeper } from '../../cli/keeper/keeper.ts'
import { encodeCall } from '../../contracts/abi/calls.ts'
import { createRpc } from '../../contracts/rpc/json-rpc.ts'
import { type Address, type Hex, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Right } from '../../domain/enums.ts'
import { type Account, silent, startTestChain, type TestChain } from '../support/chain.ts'
import { type LimitedNode, startLimitedNode } from '../support/limited-node.ts'

const GWEI = 10n ** 9n
/** Receiving contracts, as their code: no, and then some. */
const REVERTS = '0x60006000fd'
const BURNS_ALL_GAS = '0xfe'
/** Loops while it has gas: it takes the money, and all the gas that it is given. */
const TAKES_ALL_GAS = '0x5b5a6127101060005700'

let it: TestChain
let buyer: Account
let payer: Account
let now = 1_800_000_000_000
let dir: string
let keepers: Keeper[] = []
let sold = 0

beforeAll(async () => {
  it = await startTestChain()
  buyer = await it.account()
})
afterAll(() => it.stop())
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'flytrap-keeper-'))
  payer = await it.account()
})
afterEach(async () => {
  for (const keeper of keepers) await keeper.stop()
  keepers = []
  rmSync(dir, { recursive: true })
})

/** A seller with so much income, who then turns out to be a contract with this code. */
async function seller(eth: string, code?: string): Promise<Address> {
  const { address, sender } = await it.account()
  const filter = `shop${sold++}`
  await it.call('giveTopic', [filter, address])
  const subscribePrice = parseEther(eth)
  const terms = { offers: Right.SUBSCRIBE, publishPrice: 0n, subscribePrice, period: 60, countryRule: 0 }
  await it.call('setTerms', [filter, { ...terms, countries: 0n, isSealed: false }], sender)
  const data = encodeCall('purchase', [filter, Right.SUBSCRIBE, 0, ZERO_BYTES32])
  await buyer.sender.send({ to: it.contract.address, data, value: subscribePrice })
  await it.chain.fund(address, 0n)
  if (code !== undefined) await it.chain.rpc.request('anvil_setCode', [address, code])
  return address
}

/** Returns the keeper after its first round. */
async function keep(more: Partial<KeeperOptions> = {}): Promise<Keeper> {
  const keeper = startKeeper({
    rpc: it.chain.rpc,
    deployment: { chainId: it.chain.chainId, contract: it.contract.address, deployBlock: it.contract.deployBlock },
    key: payer.key,
    above: parseEther('0.05'),
    everyMs: 3_600_000,
    maxGasPrice: 1_000n * GWEI,
    maxCost: 500,
    memoryPath: join(dir, 'keeper.json'),
    clock: () => now,
    log: silent,
    ...more,
  })
  keepers.push(keeper)
  await keeper.round()
  return keeper
}

const balance = async (account: Hex): Promise<bigint> =>
  BigInt(await it.chain.rpc.request<Hex>('eth_getBalance', [account, 'latest']))
const credit = async (account: Hex): Promise<unknown> => (await it.read('creditOf', [account]))[0]
const sent = async (): Promise<number> =>
  Number(await it.chain.rpc.request<string>('eth_getTransactionCount', [payer.address, 'latest']))

test('income above the threshold goes to its account whole, below it stays, and both are counted', async () => {
  const [rich, poor] = [await seller('1'), await seller('0.01')]
  const keeper = await keep()
  expect([await balance(rich), await credit(rich)]).toEqual([parseEther('1'), 0n])
  expect([await balance(poor), await credit(poor)]).toEqual([0n, parseEther('0.01')])
  const { payouts, paid, spent, trouble } = keeper.status()
  expect({ payouts, paid, trouble }).toEqual({ payouts: 1, paid: parseEther('1').toString(), trouble: null })
  expect(BigInt(spent)).toBe(10n ** 21n - (await balance(payer.address)))
})

test('income that comes later is paid by a later round, and nobody twice', async () => {
  const keeper = await keep()
  const before = keeper.status().payouts
  const late = await seller('2')
  await keeper.round()
  await keeper.round()
  expect(await balance(late)).toBe(parseEther('2'))
  expect(keeper.status().payouts).toBe(before + 1)
  expect(await sent()).toBe(keeper.status().payouts)
})

test('a restart remembers how far it was; a lost or foreign memory pays nobody twice', async () => {
  const account = await seller('1')
  const first = await keep()
  const { payouts, paid } = first.status()
  expect(payouts).toBeGreaterThan(0)
  await first.stop()
  expect((await keep()).status()).toMatchObject({ payouts, paid })
  writeFileSync(join(dir, 'keeper.json'), '{"version":1,"deployment":"1/0x/0"}')
  expect((await keep()).status()).toMatchObject({ payouts: 0 })
  expect(await balance(account)).toBe(parseEther('1'))
})

test.each([
  ['reverts', REVERTS],
  ['burns all gas', BURNS_ALL_GAS],
])('a receiver that %s costs nothing, holds up nobody, and is let alone for longer each time', async (_, code) => {
  const [bad, good] = [await seller('1', code), await seller('1')]
  const keeper = await keep({ backOffMs: 1_000 })
  const failures = () => keeper.status().refusing.find(({ account }) => account === bad)?.failures
  expect([await credit(bad), await balance(good)]).toEqual([parseEther('1'), parseEther('1')])
  expect(failures()).toBe(1)
  expect(await sent()).toBe(keeper.status().payouts)

  await keeper.round()
  expect(failures()).toBe(1)
  now += 1_001
  await keeper.round()
  expect(failures()).toBe(2)
  now += 1_001
  await keeper.round()
  expect(failures()).toBe(2)

  await keeper.stop()
  const again = await keep()
  expect(again.status().refusing).toMatchObject([{ account: bad, failures: 2 }])
  await it.chain.rpc.request('anvil_setCode', [bad, '0x'])
  now += 2_000
  await again.round()
  expect(await balance(bad)).toBe(parseEther('1'))
  expect(again.status().refusing).toEqual([])
})

test('a receiver that takes all gas gets no more than the estimate and a fifth', async () => {
  const greedy = await seller('1', TAKES_ALL_GAS)
  const keeper = await keep()
  const { payouts, refusing, spent } = keeper.status()
  const price = 10n ** 21n - (await balance(payer.address))
  expect(BigInt(spent)).toBe(price)
  expect(payouts + refusing.length).toBeGreaterThan(0)
  expect(price).toBeLessThan(200_000n * 10n * GWEI)
  expect([parseEther('1'), 0n]).toContainEqual(await balance(greedy))
})

test('a receiver that changes its mind in between costs one bounded transaction, then is let alone', async () => {
  const node: LimitedNode = await startLimitedNode(it.chain.url)
  const fickle = await seller('1')
  // Its code changes after the estimate, while the transaction is held up.
  let [isHeld, isReleased] = [false, false]
  node.fault = (method, params) => {
    if (isReleased || method !== 'eth_sendRawTransaction' || !String(params[0]).includes(fickle.slice(2)))
      return undefined
    isHeld = true
    return { at: 'before', how: 'hang-up' }
  }
  const started = keep({ rpc: createRpc(node.url), backOffMs: 60_000 })
  await expect.poll(() => isHeld).toBe(true)
  await it.chain.rpc.request('anvil_setCode', [fickle, BURNS_ALL_GAS])
  isReleased = true
  const keeper = await started
  const { refusing, spent } = keeper.status()
  expect(refusing).toContainEqual(expect.objectContaining({ account: fickle, failures: 1 }))
  expect(BigInt(spent)).toBeGreaterThan(0n)
  expect(await credit(fickle)).toBe(parseEther('1'))
  const before = await sent()
  await keeper.round()
  expect(await sent()).toBe(before)
  await node.stop()
})

test('nothing is paid while gas costs more than allowed, or more than a payout’s share', async () => {
  const account = await seller('0.05')
  const cheap = await keep({ maxGasPrice: 1n })
  expect(cheap.status().trouble).toContain('FLYTRAP_KEEPER_MAX_GAS_PRICE')
  await cheap.stop()
  await it.chain.rpc.request('anvil_setNextBlockBaseFeePerGas', [`0x${(500n * GWEI).toString(16)}`])
  await it.chain.rpc.request('anvil_mine', ['0x1'])
  const careful = await keep({ maxCost: 1 })
  expect(await sent()).toBe(0)
  expect(await credit(account)).toBe(parseEther('0.05'))
  await careful.stop()
  const generous = await keep({ maxCost: 9_900, maxGasPrice: 5_000n * GWEI })
  expect(generous.status().trouble).toBeNull()
  expect(await balance(account)).toBe(parseEther('0.05'))
})

test('who was owed while gas cost too much is remembered, however long that lasts', async () => {
  const account = await seller('1')
  const waiting = await keep({ maxGasPrice: 1n })
  await it.chain.rpc.request('anvil_mine', ['0x12c']) // more than is read again
  await waiting.round()
  await keep()
  expect(await balance(account)).toBe(parseEther('1'))
})

test('a keeper without ETH says so, and pays once it has some', async () => {
  const account = await seller('1')
  await it.chain.fund(payer.address, 0n)
  const keeper = await keep()
  expect(keeper.status().trouble).toContain(`${payer.address} has no ETH for gas`)
  await it.chain.fund(payer.address, parseEther('1'))
  await keeper.round()
  expect(keeper.status().trouble).toBeNull()
  expect(await balance(account)).toBe(parseEther('1'))
})

test('its settings are off by default, and read as amounts, durations and parts', () => {
  expect(loadConfig({}).FLYTRAP_KEEPER_ABOVE).toBeUndefined()
  const read = loadConfig({
    FLYTRAP_KEEPER_ABOVE: '0.05 ETH',
    FLYTRAP_KEEPER_EVERY: '30m',
    FLYTRAP_KEEPER_MAX_GAS_PRICE: '20 gwei',
    FLYTRAP_KEEPER_MAX_COST: '2.5%',
  })
  expect(read).toMatchObject({
    FLYTRAP_KEEPER_ABOVE: parseEther('0.05'),
    FLYTRAP_KEEPER_EVERY: 1_800_000,
    FLYTRAP_KEEPER_MAX_GAS_PRICE: 20n * GWEI,
    FLYTRAP_KEEPER_MAX_COST: 250,
  })
  const wrong = { FLYTRAP_KEEPER_ABOVE: '0.05', FLYTRAP_KEEPER_EVERY: '1', FLYTRAP_KEEPER_KEY: 'recorder' }
  const refused = () => loadConfig(wrong)
  for (const name of Object.keys(wrong)) expect(refused).toThrow(name)
})
