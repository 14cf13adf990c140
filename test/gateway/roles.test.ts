/** Roles as the gateway asks for them: by the head, by the present time, and by sealed areas. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRpc } from '../../contracts/rpc/json-rpc.ts'
import type { AuditStore } from '../../gateway/audit-store/port.ts'
import { createRoles, type Roles } from '../../gateway/sign-in/roles.ts'
import { withSealedAreas } from '../../gateway/sign-in/sealed-areas.ts'
import { FOREVER, startTestChain, type TestChain } from '../support/chain.ts'
import { startLimitedNode } from '../support/limited-node.ts'

let it: TestChain
beforeAll(async () => {
  it = await startTestChain()
  await it.call('giveTopic', ['home', it.owner.address])
})
afterAll(() => it.stop())

describe('an auditor', () => {
  test('whose term has ended is none any more, though no block says so yet', async () => {
    const roles = createRoles(it.chain.rpc, it.contract.address)
    const [brief, standing] = [await it.account(), await it.account()]
    const { timestamp } = await it.chain.rpc.request<{ timestamp: string }>('eth_getBlockByNumber', ['latest', false])
    for (const filter of ['', 'home']) await it.call('setAuditor', [brief.address, filter, Number(timestamp) + 600])
    await it.call('setAuditor', [standing.address, '', FOREVER])
    expect([await roles.isAuditorOfAll(brief.address), await roles.ofTopic(brief.address, 'home')]).toEqual([
      true,
      'AUDITOR',
    ])
    await it.chain.rpc.request('evm_increaseTime', ['0xe10']) // and nothing is mined
    expect(await it.read('isAuditor', [brief.address, ''])).toEqual([true])
    expect([await roles.isAuditorOfAll(brief.address), await roles.ofTopic(brief.address, 'home')]).toEqual([
      false,
      undefined,
    ])
    expect(await roles.isAuditorOfAll(standing.address)).toBe(true)
  })
})

describe('a node that does not know what is pending', () => {
  test('is asked about its head alone, for auditors and owners alike', async () => {
    const node = await startLimitedNode(it.chain.url)
    node.limits.pending = false
    const roles = createRoles(createRpc(node.url), it.contract.address)
    const auditor = await it.account()
    await it.call('setAuditor', [auditor.address, '', FOREVER])
    expect([await roles.isAuditorOfAll(auditor.address), await roles.ofTopic(it.owner.address, 'home')]).toEqual([
      true,
      'TOPIC_OWNER',
    ])
    await node.stop()
  })
})

describe('what is looked at is sealed', () => {
  const roles = { isSealed: async (filter: string) => filter === 'own' } as Roles
  const storeOf = (filters: readonly string[], head: object | undefined = { number: 7 }) =>
    ({
      status: async () => ({ head }),
      topics: async ({ isSealed }: { isSealed?: boolean }) =>
        isSealed === true ? filters.map((filter, i) => ({ filter, cursor: BigInt(i) })) : [],
    }) as unknown as Pick<AuditStore, 'status' | 'topics'>
  const isSealed = (filter: string, store = storeOf(['home', '+/safe'])) =>
    withSealedAreas(roles, store).isSealed(filter)

  test('below a sealed topic, beside a sealed wildcard, and above what is sealed, and nowhere else', async () => {
    for (const filter of ['own', 'home', 'home/kitchen', 'home/kitchen/#', 'office/safe', 'office/+', '#'])
      expect([filter, await isSealed(filter)]).toEqual([filter, true])
    for (const filter of ['office', 'office/desk', 'homes'])
      expect([filter, await isSealed(filter)]).toEqual([filter, false])
  })

  test('while nothing is known of the history yet', async () => {
    const store = { ...storeOf([]), status: async () => ({ head: undefined }) } as unknown as ReturnType<typeof storeOf>
    expect(await isSealed('office', store)).toBe(true)
  })
})
