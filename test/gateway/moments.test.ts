import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuditStory, tellAuditStory } from '../support/audit-story.ts'
import { type Answer, type ChainGateway, startTestGateway } from '../support/gateway.ts'

let story: AuditStory
let gateway: ChainGateway

beforeAll(async () => {
  story = await tellAuditStory()
  gateway = await startTestGateway(story.it)
  await gateway.indexed()
})
afterAll(async () => {
  await gateway?.stop()
  await story?.it.stop()
})

describe('pages', () => {
  const PAGE = `query($after: String, $where: AccessWhere, $asOf: AsOf) {
    accessRecords(first: 4, after: $after, where: $where, asOf: $asOf) {
      nodes { id } edges { cursor } pageInfo { hasNextPage endCursor } asOf { number } } }`
  const page = async (variables: object) => (await gateway.ask(PAGE, variables)).data.accessRecords

  test('stay as of the first page while records are added', async () => {
    const seen: string[] = []
    const first = await page({})
    for (let at = first, more = true; more; more = at.pageInfo.hasNextPage) {
      if (seen.length > 0) at = await page({ after: at.pageInfo.endCursor })
      seen.push(...at.nodes.map(({ id }: { id: string }) => id))
      expect(at.asOf).toEqual(first.asOf)
      await story.recorder.write([{ account: story.device.address }])
      await gateway.indexed()
    }
    expect(seen).toHaveLength(story.told.length)
    expect(new Set(seen).size).toBe(story.told.length)
  })

  test('go on from any edge', async () => {
    const { edges, nodes } = await page({})
    const next = await page({ after: edges[1].cursor })
    expect(next.nodes.slice(0, 2)).toEqual(nodes.slice(2))
  })

  test('are empty, with no cursor, where nothing is found', async () => {
    const { nodes, pageInfo } = await page({ where: { recorder: '99' } })
    expect([nodes, pageInfo]).toEqual([[], { hasNextPage: false, endCursor: null }])
  })

  test('say so when the chain replaced the block of the first one', async () => {
    const { it } = story
    const snapshot = await it.chain.rpc.request('evm_snapshot')
    await it.call('registerTopic', ['home/attic'])
    await gateway.indexed()
    const { pageInfo } = await page({})
    await it.chain.rpc.request('evm_revert', [snapshot])
    await it.chain.rpc.request('anvil_mine', ['0x2'])
    await gateway.indexed()
    expect(await gateway.codeOf(PAGE, { after: pageInfo.endCursor })).toBe('CURSOR_REORGANISED')
  })
})

describe('as of', () => {
  const asOf = async (block: number): Promise<number> => {
    const { data } = await gateway.ask(`{ accessRecords(asOf: { block: "${block}" }) { nodes { id } } }`)
    return data.accessRecords.nodes.length
  }

  test('a past block, records and grants are what they were', async () => {
    expect(await asOf(story.silentBlock)).toBe(0)
    expect(await asOf(story.silentBlock + 1)).toBe(5)
  })

  test('a time, the answer is of the last block at or before it', async () => {
    const time = new Date(story.guestUntil * 1_000).toISOString() // no block was made around it
    const { data } = await gateway.ask(`{ accessRecords(asOf: { time: "${time}" }) { nodes { id } asOf { number } } }`)
    expect(data.accessRecords.asOf.number).toBe(`${story.beforeEnd}`)
    expect(data.accessRecords.nodes).toHaveLength(story.told.length)
  })

  test('a time or block without a contract, it is refused', async () => {
    const at = (asOf: string) => gateway.codeOf(`{ accessRecords(asOf: ${asOf}) { nodes { id } } }`)
    expect(await at('{ time: "2001-01-01" }')).toBe('BEFORE_DEPLOYMENT')
    expect(await at('{ block: "0" }')).toBe('BEFORE_DEPLOYMENT')
    expect(await at('{ block: "99999999999999999" }')).toBe('BLOCK_IN_FUTURE')
    expect(await at('{ time: "2999-01-01" }')).toBe('TIME_IN_FUTURE')
  })
})

describe('accessRights', () => {
  const QUERY = `query($topic: String, $account: Address, $asOf: AsOf) {
    accessRights(topic: $topic, account: $account, asOf: $asOf) { account { address } right topic { filter } grant { id } } }`
  const rights = async (variables: object): Promise<string[]> => {
    const { data, errors } = await gateway.ask(QUERY, variables)
    expect(errors).toBeUndefined()
    const names = {
      [story.it.owner.address]: 'owner',
      [story.device.address]: 'device',
      [story.guest.address]: 'guest',
    }
    return data.accessRights
      .map((r: Answer['data']) => `${names[r.account.address.toLowerCase()]} ${r.right} ${r.topic.filter}`)
      .sort()
  }

  test('of a concrete name are the owner’s and all that reach it, without what was revoked or ran out', async () => {
    expect(await rights({ topic: 'home/kitchen/temperature' })).toEqual([
      'device PUBLISH home/#',
      'device SUBSCRIBE home/#',
      'owner PUBLISH home/kitchen',
      'owner SUBSCRIBE home/kitchen',
    ])
    expect(await rights({ topic: 'home' })).toContain('device PUBLISH home')
    expect(await rights({ topic: 'elsewhere' })).toEqual([])
  })

  test('of an account are its own', async () => {
    expect(await rights({ account: story.device.address })).toEqual([
      'device PUBLISH home',
      'device PUBLISH home/#',
      'device SUBSCRIBE home/#',
    ])
    expect(await rights({ account: story.guest.address, topic: 'office' })).toHaveLength(2)
    expect(await rights({ account: story.guest.address, topic: 'home/#' })).toEqual([])
  })

  test('that ran out stood before, by the block’s own time even where it holds no event', async () => {
    const guest = (asOf: object) => rights({ account: story.guest.address, topic: 'home/kitchen', asOf })
    const granted = ['guest SUBSCRIBE home/kitchen']
    expect(await guest({ block: `${story.beforeEnd}` })).toEqual(granted)
    expect(await guest({ block: `${story.afterEnd - 1}` })).toEqual([])
    expect(await guest({ time: new Date((story.guestUntil - 1) * 1_000).toISOString() })).toEqual(granted)
    expect(await guest({ time: new Date(story.guestUntil * 1_000).toISOString() })).toEqual([]) // exclusive
  })
})
