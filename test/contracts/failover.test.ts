/** Two endpoints before one chain; each breaks in each way, before and after taking effect. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { encodeCall } from '../../contracts/abi/calls.ts'
import { deliver } from '../../contracts/rpc/deliver.ts'
import { createFailoverRpc, type FailoverOptions, type FailoverRpc } from '../../contracts/rpc/failover.ts'
import { createRpc } from '../../contracts/rpc/json-rpc.ts'
import { createSender } from '../../contracts/rpc/transact.ts'
import { authorizeConfirmed } from '../../domain/authorize.ts'
import { ChainView } from '../../proxy/chain/chain-view.ts'
import { silent, startTestChain, type TestChain } from '../support/chain.ts'
import { type Fault, type LimitedNode, startLimitedNode } from '../support/limited-node.ts'

let it: TestChain
let first: LimitedNode
let second: LimitedNode
const dir = mkdtempSync(join(tmpdir(), 'flytrap-failover-'))

beforeAll(async () => {
  it = await startTestChain()
})
afterAll(async () => {
  await it.stop()
  rmSync(dir, { recursive: true, force: true })
})
beforeEach(async () => {
  first = await startLimitedNode(it.chain.url)
  second = await startLimitedNode(it.chain.url)
})
afterEach(() => Promise.all([first.stop(), second.stop()]))

const open = (more: FailoverOptions = {}): FailoverRpc =>
  createFailoverRpc(`${first.url},${second.url}`, {
    deployment: { chainId: it.chain.chainId, address: it.contract.address },
    timeoutMs: 300,
    lookEveryMs: 0,
    comeBackAfterMs: 0,
    pauseMs: 20,
    ...more,
  })

const states = (rpc: FailoverRpc): string[] => rpc.health().map(({ state }) => state)
const used = (rpc: FailoverRpc): number => rpc.health().findIndex(({ isUsed }) => isUsed) + 1
const height = (): Promise<string> => it.chain.rpc.request<string>('eth_blockNumber')
const BEFORE: Fault = { at: 'before', how: 'hang-up' }

/** Asks until the background's look has seen what it must; each request may begin one. */
const ask = (rpc: FailoverRpc) => async () => {
  await rpc.request('eth_blockNumber')
  return [used(rpc), ...states(rpc)]
}

describe('of two endpoints', () => {
  test.each<[string, Fault, string]>([
    ['hangs up', BEFORE, 'down'],
    ['answers too late', { at: 'before', how: 'silence' }, 'slow'],
    ['answers with a page', { at: 'after', how: 'html' }, 'down'],
    ['counts requests', { at: 'before', how: 'status', status: 429 }, 'limited'],
    ['takes no key', { at: 'before', how: 'status', status: 401 }, 'limited'],
  ])('the second answers when the first %s, and the first again once it is well', async (_, fault, state) => {
    const rpc = open()
    expect(await rpc.request('eth_blockNumber')).toBe(await height())
    expect(used(rpc)).toBe(1)
    first.fault = () => fault
    expect(await rpc.request('eth_blockNumber')).toBe(await height())
    await expect.poll(ask(rpc)).toEqual([2, state, 'healthy'])
    first.fault = () => undefined
    await expect.poll(ask(rpc), { timeout: 45_000 }).toEqual([1, 'healthy', 'healthy'])
  })

  test('one is kept while it is healthy, also when a preferred one has just come back', async () => {
    const rpc = open({ comeBackAfterMs: 60_000 })
    first.fault = () => BEFORE
    await rpc.request('eth_chainId')
    first.fault = () => undefined
    await expect.poll(ask(rpc), { timeout: 45_000 }).toEqual([2, 'healthy', 'healthy'])
  })

  test('one that has fallen behind is left, and used again when it has caught up', async () => {
    first.frozenAt = Number(await height())
    const rpc = open()
    await expect.poll(ask(rpc)).toEqual([1, 'healthy', 'healthy'])
    await it.chain.rpc.request('anvil_mine', ['0xa', '0x3c'])
    await expect.poll(ask(rpc)).toEqual([2, 'behind', 'healthy'])
    expect(rpc.health()[0]?.trouble).toMatch(/is at block \d+, another at \d+/)
    expect(await rpc.request('eth_blockNumber')).toBe(await height())
    first.frozenAt = undefined
    await expect.poll(ask(rpc)).toEqual([1, 'healthy', 'healthy'])
  })

  test('one that stands still a block below is behind as soon as that lasts', async () => {
    const rpc = open({ maxBehind: { blocks: 100, seconds: 0.2 } })
    await rpc.request('eth_chainId')
    first.frozenAt = Number(await height())
    await it.chain.rpc.request('anvil_mine', ['0x1'])
    await expect.poll(ask(rpc)).toEqual([2, 'behind', 'healthy'])
  })

  test('one on another chain is refused by name and for good', async () => {
    first.lie = (method, result) => (method === 'eth_chainId' ? '0x5' : result)
    const rpc = open()
    expect(await rpc.request('eth_blockNumber')).toBe(await height())
    first.lie = (_, result) => result
    const asked = first.asked.length
    await expect.poll(ask(rpc)).toEqual([2, 'refused', 'healthy'])
    expect(rpc.health()[0]?.trouble).toContain(`${first.url} is on chain 5, not 31337`)
    second.fault = () => BEFORE
    const gone = await rpc.request('eth_blockNumber').catch((error: Error) => error)
    expect(gone).toMatchObject({ code: 'RPC_UNREACHABLE', message: expect.stringContaining('is on chain 5') })
    expect(first.asked).toHaveLength(asked)
  })

  test('one without our contract is refused, one that still syncs is only behind', async () => {
    first.lie = (method, result) => (method === 'eth_getCode' ? '0x' : result)
    const rpc = open()
    await expect.poll(ask(rpc)).toEqual([2, 'refused', 'healthy'])
    first.lie = (method, result) =>
      method === 'eth_getCode' ? '0x' : method === 'eth_syncing' ? { currentBlock: '0x1' } : result
    expect((await ask(open())()).slice(1)).toEqual(['behind', 'healthy'])
  })

  test('both on another chain: the reason is told, with its code', async () => {
    for (const node of [first, second]) node.lie = (method, result) => (method === 'eth_chainId' ? '0x5' : result)
    await expect(open().request('eth_blockNumber')).rejects.toMatchObject({ code: 'WRONG_CHAIN_ID' })
  })

  test('both down: each is named with its trouble', async () => {
    for (const node of [first, second]) node.fault = () => BEFORE
    const error = await open()
      .request('eth_blockNumber')
      .catch((e: Error) => e)
    expect(error).toMatchObject({ code: 'RPC_UNREACHABLE', message: expect.stringContaining(first.url) })
    expect(String(error)).toContain(second.url)
  })

  test('one that lacks a method is no worse for it: the other is asked', async () => {
    first.fault = (method) =>
      method === 'eth_getProof'
        ? { at: 'before', how: 'status', status: 200, body: '{"id":1,"error":{"code":-32601,"message":"no"}}' }
        : undefined
    const rpc = open()
    expect(await rpc.request('eth_getProof', [it.contract.address, [], 'latest'])).toHaveProperty('accountProof')
    expect(states(rpc)).toEqual(['healthy', 'healthy'])
    await expect(rpc.request('no_such_method')).rejects.toMatchObject({ code: 'RPC_ERROR', rpcCode: -32_601 })
  })

  test('a reader that is pinned to one gets its failure, never the other’s answer', async () => {
    const rpc = open()
    const node = await rpc.pin()
    first.fault = () => BEFORE
    await expect(node.request('eth_blockNumber')).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' })
    expect((await rpc.pin()).name).toBe(second.url)
  })
})

describe('a transaction', () => {
  const isSend = (method: string): boolean => method === 'eth_sendRawTransaction'
  const sends = (node: LimitedNode) => node.asked.filter(({ method }) => isSend(method)).map(({ params }) => params[0])
  let nextName = 0

  /** Sends one, and returns how many nonces it used and how often its effect is seen. */
  async function send(rpc: FailoverRpc): Promise<{ nonces: number; registered: boolean }> {
    const filter = `sent${nextName++}`
    const nonce = async () =>
      Number(await it.chain.rpc.request<string>('eth_getTransactionCount', [it.owner.address, 'latest']))
    const before = await nonce()
    const data = encodeCall('giveTopic', [filter, it.owner.address])
    await createSender(rpc, it.owner.key).send({ to: it.contract.address, data })
    return { nonces: (await nonce()) - before, registered: (await it.read('topicOf', [filter]))[2] === true }
  }

  test.each<[string, Fault]>([
    ['never reached the first endpoint', BEFORE],
    ['took effect at the first, which hung up', { at: 'after', how: 'hang-up' }],
    ['took effect at the first, which fell silent', { at: 'after', how: 'silence' }],
    ['took effect at the first, behind a gateway that gave up', { at: 'after', how: 'html' }],
  ])('that %s happens once, in the same bytes', async (_, fault) => {
    first.fault = (method) => (isSend(method) ? fault : undefined)
    expect(await send(open())).toEqual({ nonces: 1, registered: true })
    expect(sends(second)).toHaveLength(1)
    expect(sends(second)).toEqual(sends(first))
  })

  test('whose answer every endpoint loses happens once', async () => {
    let lost = 0
    for (const node of [first, second]) {
      node.fault = (method) => (isSend(method) && lost++ < 3 ? { at: 'after', how: 'hang-up' } : undefined)
    }
    expect(await send(open())).toEqual({ nonces: 1, registered: true })
    expect(new Set([...sends(first), ...sends(second)]).size).toBe(1)
  })

  test('with a nonce from an endpoint that lags is signed again, and happens once', async () => {
    first.frozenAt = Number(await height())
    const filter = `ahead${nextName++}`
    await it.call('giveTopic', [filter, it.owner.address])
    setTimeout(() => {
      first.frozenAt = undefined
    }, 100)
    expect(await send(open({ maxBehind: { blocks: 100, seconds: 100 } }))).toEqual({ nonces: 1, registered: true })
  })

  test('that nobody answers for says which one it was, and to look first', async () => {
    const signed = createSender(it.chain.rpc, it.owner.key).sign({
      nonce: 0,
      chainId: it.chain.chainId,
      gas: 21_000n,
      maxFeePerGas: 1n,
      maxPriorityFeePerGas: 1n,
    })
    first.fault = () => BEFORE
    const error = await deliver(createRpc(first.url), signed, { silenceMs: 200 }).catch((e: Error) => e)
    const message = expect.stringMatching(/0x[0-9a-f]{64} was being sent.*look it up/)
    expect(error).toMatchObject({ code: 'RPC_UNREACHABLE', message })
  })
})

describe('the view that decides', () => {
  const openView = (more: { mayLoseBlocks?: boolean } = {}): ChainView =>
    new ChainView({
      rpcUrl: `${first.url},${second.url}`,
      contract: it.contract.address,
      chainId: it.chain.chainId,
      deployBlock: it.contract.deployBlock,
      confirmations: 1,
      pollMs: 20,
      staleAfterMs: 60_000,
      snapshotPath: join(dir, `view-${nextView++}.json`),
      log: silent,
      ...more,
    })
  let nextView = 0

  test('follows on another endpoint, head and logs from the same one', async () => {
    const view = openView()
    await view.start()
    // The first still tells its head, and gives no logs: of the second's there must be a head too.
    first.fault = (method) => (method === 'eth_getLogs' ? BEFORE : undefined)
    await it.call('giveTopic', ['moved', it.owner.address])
    await expect.poll(() => view.views.newest.topic('moved')?.owner, { timeout: 45_000 }).toBe(it.owner.address)
    const at = second.asked.map(({ method }) => method)
    expect(at.lastIndexOf('eth_getBlockByNumber')).toBeGreaterThan(at.indexOf('eth_getLogs'))
    view.stop()
  })

  test('is not led back by an endpoint that lags: what was revoked stays revoked', async () => {
    const { address: account } = await it.account()
    await it.call('giveTopic', ['lag', it.owner.address])
    await it.grant('lag', account, 1)
    await it.chain.rpc.request('anvil_mine', ['0x50'])
    const view = openView({ mayLoseBlocks: false })
    await view.start()
    const may = (): string => {
      const now = Math.floor(Date.now() / 1_000)
      return authorizeConfirmed({ kind: 'publish', account, topicName: 'lag' }, view.views, now).outcome
    }
    expect(may()).toBe('allowed')
    second.frozenAt = Number(await height())
    await it.call('revoke', ['lag', account, 1])
    await expect.poll(may).toBe('denied')

    const asked = second.asked.length
    first.fault = () => BEFORE
    await expect.poll(() => second.asked.length, { timeout: 45_000 }).toBeGreaterThan(asked + 10)
    expect(may()).toBe('denied')
    second.frozenAt = undefined
    await it.call('giveTopic', ['after-lag', it.owner.address])
    await expect.poll(() => view.views.newest.topic('after-lag')?.owner, { timeout: 45_000 }).toBe(it.owner.address)
    expect(may()).toBe('denied')
    view.stop()
  })
})

describe('no error shows what is secret in an address', () => {
  const KEY = 'k3y-9f27a1c0d4'
  const keyed = (place: string) =>
    place.replace('http://', `http://user:pa55word-of-ours@`).concat(`/v3/${KEY}?token=${KEY}x`)

  test.each<[string, (node: LimitedNode) => void]>([
    ['when it cannot be reached', (node) => (node.fault = () => BEFORE)],
    [
      'when it repeats its own address',
      (node) => {
        const body = JSON.stringify({
          id: 1,
          error: { code: -32_000, message: `bad project ${KEY} (${KEY}x) pa55word-of-ours` },
        })
        node.fault = () => ({ at: 'before', how: 'status', status: 403, body })
      },
    ],
    [
      'when it redirects',
      (node) => {
        const headers = { location: `http://127.0.0.1:1/${KEY}` }
        node.fault = () => ({ at: 'before', how: 'status', status: 302, headers })
      },
    ],
  ])('%s', async (_, breakIt) => {
    breakIt(first)
    for (const rpc of [createRpc(keyed(first.url)), createFailoverRpc(`${keyed(first.url)},${keyed(first.url)}`)]) {
      const error = await rpc.request('eth_blockNumber').catch((e: Error) => e)
      expect(error).toBeInstanceOf(Error)
      const told = [(error as Error).message, (error as Error).stack, String((error as Error).cause), rpc.name].join(
        '\n',
      )
      expect(told).not.toMatch(/k3y|pa55word/)
    }
  })

  test('and the user part is sent as a header, not in the address', async () => {
    expect(await createRpc(keyed(first.url)).request('eth_blockNumber')).toBe(await height())
  })
})
