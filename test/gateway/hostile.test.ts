import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditStore } from '../../gateway/audit-store/port.ts'
import { type AuditStory, tellAuditStory } from '../support/audit-story.ts'
import {
  type ChainGateway,
  emptyStore,
  NO_TERMS,
  startServiceOver,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.ts'
import { fuzzQueries } from '../support/query-campaign.ts'

let story: AuditStory
let gateway: ChainGateway
const others: TestGateway[] = []
const over = async (...args: Parameters<typeof startServiceOver>): Promise<TestGateway> => {
  const service = await startServiceOver(...args)
  others.push(service)
  return service
}

beforeAll(async () => {
  story = await tellAuditStory()
  gateway = await startTestGateway(story.it)
  await gateway.indexed()
})
afterAll(async () => {
  for (const service of others) await service.stop()
  await gateway?.stop()
  await story?.it.stop()
})

describe('hostile queries', () => {
  test('are each answered with a code of theirs, show nothing of our insides, and stop nobody else', async () => {
    const { bad, answers, othersAsked } = await fuzzQueries({ url: gateway.url, seed: 7, queries: 300 })
    expect(bad).toEqual([])
    expect(Object.keys(answers)).toEqual(
      expect.arrayContaining(['200', 'QUERY_TOO_DEEP', 'QUERY_TOO_COMPLEX', 'BAD_REQUEST']),
    )
    expect(othersAsked).toBeGreaterThan(5)
  })
})

describe('who asks too often', () => {
  test('is told when to come again, by address, or by wallet once signed in', async () => {
    const requestsPerMinute = { anonymous: 3, signedIn: 5, auditor: 5 }
    const service = await over(emptyStore(), { requestsPerMinute })
    for (let i = 0; i < 3; i++) expect(await service.codeOf('{ __typename }')).toBeUndefined()
    const { errors } = await service.ask('{ __typename }')
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'RATE_LIMITED' },
      message: expect.stringContaining('Ask again'),
    })
    const response = await fetch(`${service.url}/auth/nonce`)
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)])
    expect((await fetch(`${service.url}/health`)).status).toBe(200)
    // However the path is spelt, and pages too: they ask the same questions.
    for (const path of ['/%61uth/nonce', '/', '/topics']) expect((await fetch(service.url + path)).status).toBe(429)
  })

  test('behind a load balancer is counted by its own address, but nobody else’s word counts', async () => {
    const rate = { anonymous: 1, signedIn: 1, auditor: 1 }
    const from = (service: TestGateway, address: string) =>
      fetch(`${service.url}/auth/nonce`, { headers: { 'x-forwarded-for': address } }).then(({ status }) => status)
    const trusting = await over(emptyStore(), { requestsPerMinute: rate, trustedProxies: ['127.0.0.1'] })
    expect([
      await from(trusting, '192.0.2.1'),
      await from(trusting, '192.0.2.2'),
      await from(trusting, '192.0.2.1'),
    ]).toEqual([200, 200, 429])
    const plain = await over(emptyStore(), { requestsPerMinute: rate })
    expect([await from(plain, '192.0.2.1'), await from(plain, '192.0.2.2')]).toEqual([200, 429])
  })
})

describe('a query that takes too long', () => {
  const topic = {
    id: `0x${'01'.repeat(32)}`,
    filter: 'a',
    since: 1n,
    terms: NO_TERMS,
    registeredAt: 1,
    registeredBy: `0x${'02'.repeat(20)}`,
    cursor: 1n,
  } as const
  const slow: Partial<AuditStore> = {
    topics: async (_, { first }) => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      return Array.from({ length: first }, (_x, i) => ({ ...topic, cursor: BigInt(i) }))
    },
  }

  test('is ended with a code, whole', async () => {
    const service = await over(emptyStore(slow), { limitMs: 20 })
    const rights = await service.ask('{ accessRights(topic: "a") { right } }')
    expect(rights).toMatchObject({ data: null, errors: [{ extensions: { code: 'QUERY_TOO_SLOW' } }] })
  })
})
