import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditGrant, AuditStore } from '../../gateway/audit-store/port.ts'
import { GatewayError } from '../../gateway/errors.ts'
import { emptyStore, NO_TERMS, startServiceOver, type TestGateway } from '../support/gateway.ts'

const services: TestGateway[] = []
const over = async (store: Partial<AuditStore>, playground?: string): Promise<TestGateway> => {
  const service = await startServiceOver(emptyStore(store), playground === undefined ? {} : { playground })
  services.push(service)
  return service
}
let gateway: TestGateway

beforeAll(async () => {
  gateway = await over({})
})
afterAll(async () => {
  for (const service of services) await service.stop()
})

const many = (count: number, field: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => field(i)).join(' ')

describe('a query is refused with its code:', () => {
  const deep = `{ topics { nodes { ${'owner { topics { nodes { '.repeat(6)} id ${'} } }'.repeat(6)} } } }`
  const costly = `{ accessRecords(first: 1000) { nodes { ${many(12, (i) => `a${i}: who { address topics { nodes { id } } }`)} } } }`
  test.each([
    ['too deep', deep, 'QUERY_TOO_DEEP'],
    ['too deep by fragments', `query { ...A } fragment A on Query ${deep}`, 'QUERY_TOO_DEEP'],
    ['too costly', costly, 'QUERY_TOO_COMPLEX'],
    [
      'lists in lists in lists',
      '{ topics(first: 1000) { nodes { grants { nodes { topic { grants { nodes { id } } } } } } } }',
      'QUERY_TOO_COMPLEX',
    ],
    ['too many aliases', `{ ${many(20, (i) => `a${i}: status { chainId }`)} }`, 'QUERY_TOO_COMPLEX'],
    ['too long', `{ ${'__typename '.repeat(2_100)} }`, 'QUERY_TOO_LONG'],
    ['a page too large', '{ accessRecords(first: 1001) { nodes { id } } }', 'FIRST_OUT_OF_RANGE'],
    ['an empty page', '{ topics(first: 0) { nodes { id } } }', 'FIRST_OUT_OF_RANGE'],
    ['no page size', '{ topics(first: null) { nodes { id } } }', 'FIRST_OUT_OF_RANGE'],
    [
      'a nested page too large',
      `{ wallet(address: "0x${'1'.repeat(40)}") { grants(first: -1) { nodes { id } } } }`,
      'FIRST_OUT_OF_RANGE',
    ],
    ['a bad cursor', '{ accessRecords(after: "nonsense") { nodes { id } } }', 'BAD_CURSOR'],
    ['a bad address', '{ wallet(address: "0x12") { address } }', 'BAD_ADDRESS'],
    [
      'a mistyped address [EIP-55]',
      '{ wallet(address: "0x52908400098527886E0F7030069857D2E4169Ee7") { address } }',
      'BAD_ADDRESS',
    ],
    ['bad bytes', '{ topic(id: "0x123") { id } }', 'BAD_BYTES'],
    ['a bad number', '{ grant(id: "-1") { id } }', 'BAD_NUMBER'],
    ['a number too large', '{ grant(id: "9999999999999999999") { id } }', 'BAD_NUMBER'],
    ['a bad time', '{ accessRecords(where: { from: "yesterday" }) { nodes { id } } }', 'BAD_TIME'],
    ['a day that is none', '{ accessRecords(where: { from: "2026-02-31" }) { nodes { id } } }', 'BAD_TIME'],
    ['a time without a zone', '{ accessRecords(where: { to: "2026-02-03T10:00" }) { nodes { id } } }', 'BAD_TIME'],
    [
      'a period backwards',
      '{ accessRecords(where: { from: "2026-01-02", to: "2026-01-01" }) { nodes { id } } }',
      'BAD_PERIOD',
    ],
    ['a bad topic', '{ accessRecords(where: { topic: "a/#/b" }) { nodes { id } } }', 'BAD_TOPIC'],
    ['an empty topic', '{ accessRights(topic: "") { right } }', 'BAD_TOPIC'],
    [
      'two moments at once',
      '{ topics(asOf: { block: "1", time: "2026-01-01" }) { nodes { id } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['no such field', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['no GraphQL', '{', 'GRAPHQL_PARSE_FAILED'],
  ])('%s', async (_, query, code) => {
    const { errors = [] } = await gateway.ask(query)
    expect(errors[0]?.extensions).toEqual({ code })
    expect(errors[0]?.message.length).toBeGreaterThan(10)
  })

  test('the same in a variable', async () => {
    const query =
      'query($a: Address!, $t: Time) { wallet(address: $a) { address } accessRecords(where: { from: $t }) { nodes { id } } }'
    expect(await gateway.codeOf(query, { a: '0x12' })).toBe('BAD_ADDRESS')
    expect(await gateway.codeOf(query, { a: 5 })).toBe('BAD_ADDRESS')
    expect(await gateway.codeOf(query, { a: `0x${'1'.repeat(40)}`, t: '2026-02-31' })).toBe('BAD_TIME')
    expect(await gateway.codeOf(query, {})).toBe('BAD_USER_INPUT')
    const page =
      'query($n: Int) { accessRecords(first: $n) { nodes { who { topics { nodes { grants { nodes { id right } } } } } } } }'
    expect(await gateway.codeOf(page, { n: 1_000 })).toBe('QUERY_TOO_COMPLEX')
  })

  test('a cursor with a number that no store holds', async () => {
    const after = Buffer.from(`${2n ** 63n}.7.0x${'77'.repeat(32)}`).toString('base64url')
    expect(await gateway.codeOf(`{ topics(after: "${after}") { nodes { id } } }`)).toBe('BAD_CURSOR')
  })

  test.each([
    ['a page', '{ topics { nodes { id } } }'],
    ['a verdict', '{ completeness(from: "1970-01-01T00:00:00Z", to: "1970-01-01T00:00:01Z") { complete } }'],
    ['a list of rights', '{ accessRights(topic: "a") { right } }'],
  ])('%s that was read while the chain replaced its block', async (_, question) => {
    const other = { number: 6, hash: `0x${'66'.repeat(32)}` as const, time: 1 }
    const torn = await over({ blockUpTo: async () => other })
    expect(await torn.codeOf(question)).toBe('CURSOR_REORGANISED')
  })

  test('a cursor of another chain', async () => {
    const after = Buffer.from(`5.7.0x${'78'.repeat(32)}`).toString('base64url')
    expect(await gateway.codeOf(`{ topics(after: "${after}") { nodes { id } } }`)).toBe('CURSOR_REORGANISED')
  })
})

describe('a history that cannot answer says so:', () => {
  const block = { number: 7, hash: `0x${'77'.repeat(32)}`, time: 1_700_000_000 } as const
  const status = (more: object) => ({
    status: async () => ({ head: block, chainHeight: 7, trouble: undefined, ...more }),
  })
  const minuteAgo = new Date(Date.now() - 60_000).toISOString()
  const byTime = `{ topics(asOf: { time: "${minuteAgo}" }) { nodes { id } } }`

  test('nothing is indexed yet', async () => {
    const service = await over(status({ head: undefined }))
    expect(await service.codeOf('{ topics { nodes { id } } }')).toBe('HISTORY_NOT_READY')
    expect((await service.ask('{ status { indexed { number } lag totals { accessRecords } } }')).data.status).toEqual({
      indexed: null,
      lag: null,
      totals: { accessRecords: '0' },
    })
    expect((await fetch(`${service.url}/health`)).status).toBe(503)
  })

  test('the moment asked for may lie in blocks that are not read yet', async () => {
    const behind = await over(status({ chainHeight: 9 }))
    expect(await behind.codeOf(byTime)).toBe('HISTORY_BEHIND')
    expect(await behind.codeOf('{ topics(asOf: { block: "8" }) { nodes { id } } }')).toBe('HISTORY_BEHIND')
    expect(await behind.codeOf('{ topics(asOf: { block: "10" }) { nodes { id } } }')).toBe('BLOCK_IN_FUTURE')
    expect(await behind.codeOf('{ topics(asOf: { block: "7" }) { nodes { id } } }')).toBeUndefined()
    expect(await gateway.codeOf(byTime)).toBeUndefined()
  })

  test('the chain cannot be asked', async () => {
    const trouble = { status: status({ trouble: 'the node is away' }).status }
    const lost = await over({ ...trouble, blockTime: () => Promise.reject(new Error('secret')) })
    expect(await lost.codeOf(byTime)).toBe('HISTORY_BEHIND')
    expect(await lost.codeOf('{ accessRights(asOf: { block: "7" }) { right } }')).toBe('CHAIN_UNREACHABLE')
    expect(await lost.codeOf('{ topics { nodes { id } } }')).toBeUndefined()
    const health = await fetch(`${lost.url}/health`)
    expect([health.status, await health.json()]).toEqual([
      503,
      { live: true, ready: false, lag: 0, trouble: 'the node is away' },
    ])
  })

  test('who keeps the history does not answer', async () => {
    const away = await over({ status: () => Promise.reject(new GatewayError('HISTORY_UNREACHABLE', 'It is away.')) })
    expect(await away.codeOf('{ topics { nodes { id } } }')).toBe('HISTORY_UNREACHABLE')
    const health = await fetch(`${away.url}/health`)
    expect([health.status, await health.json()]).toEqual([
      503,
      { live: true, ready: false, lag: null, trouble: 'It is away.' },
    ])
  })

  test('it fails, and its insides stay inside', async () => {
    const broken = await over({ topics: () => Promise.reject(new Error('SQLITE_CORRUPT /home/x/history.sqlite')) })
    const answer = await broken.ask('{ topics { nodes { id } } }')
    expect(answer.errors?.[0]?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR' })
    expect(JSON.stringify(answer)).not.toMatch(/SQLITE|history|stack/)
  })

  test('a list of rights would not be whole', async () => {
    const grant: AuditGrant = {
      number: 1n,
      right: 'PUBLISH',
      topicId: `0x${'01'.repeat(32)}`,
      grantee: `0x${'02'.repeat(20)}`,
      grantor: `0x${'03'.repeat(20)}`,
      lawfulBasis: 'CONTRACT',
      purpose: `0x${'00'.repeat(32)}`,
      since: 1,
      until: 2 ** 40 - 1,
      cursor: 1n,
    }
    const topic = {
      id: grant.topicId,
      filter: 'a/#',
      since: 0n,
      terms: NO_TERMS,
      registeredAt: 1,
      registeredBy: grant.grantor,
      cursor: 1n,
    }
    const rights = async (count: number) => {
      const all = Array.from({ length: count }, (_, i) => ({ ...grant, cursor: BigInt(count - i) }))
      return over({
        // The wildcard's rights count while its literal topic has an owner.
        topic: async (id) => (id === topic.id ? topic : { ...topic, filter: 'a', owner: grant.grantor }),
        topics: async () => [topic],
        grants: async (_, { first, before = 2n ** 62n }) => all.filter(({ cursor }) => cursor < before).slice(0, first),
      })
    }
    const query = '{ accessRights { right } }'
    expect((await (await rights(1_000)).ask(query)).data.accessRights).toHaveLength(1_000)
    expect(await (await rights(1_001)).codeOf(query)).toBe('RESULT_TOO_LARGE')
    expect(await (await rights(2_500)).codeOf('{ accessRights(topic: "a/b") { right } }')).toBe('RESULT_TOO_LARGE')
  })
})

describe('a request', () => {
  const send = (body: string, type = 'application/json', path = '/graphql') =>
    fetch(`${gateway.url}${path}`, { method: 'POST', headers: { 'content-type': type }, body })
  const codeIn = async (response: Response) => [response.status, (await response.json()).errors[0].extensions.code]

  test('over the size limit is refused', async () => {
    expect(await codeIn(await send(JSON.stringify({ query: ' '.repeat(110_000) })))).toEqual([413, 'BODY_TOO_LARGE'])
  })

  test('with a list of queries, with another content type, or with no JSON is refused', async () => {
    expect(await codeIn(await send('[{"query":"{__typename}"}]'))).toEqual([400, 'BAD_REQUEST'])
    expect(await codeIn(await send('{"query":"{__typename}"}', 'text/plain'))).toEqual([400, 'BAD_REQUEST'])
    expect(await codeIn(await send('query={__typename}', 'application/x-www-form-urlencoded'))).toEqual([
      415,
      'BAD_REQUEST',
    ])
    expect(await codeIn(await send('{'))).toEqual([400, 'BAD_REQUEST'])
  })

  test('by GET is answered only to who can set a header', async () => {
    const url = `${gateway.url}/graphql?query=${encodeURIComponent('{ status { chainId } }')}`
    expect((await fetch(url)).status).toBe(400)
    const answer = await fetch(url, { headers: { 'apollo-require-preflight': '1' } })
    expect(await answer.json()).toEqual({ data: { status: { chainId: '31337' } } })
  })

  test('for a page that is not there is told where to go', async () => {
    expect(await codeIn(await fetch(`${gateway.url}/admin`))).toEqual([404, 'NOT_FOUND'])
    expect((await fetch(`${gateway.url}/owner`, { redirect: 'manual' })).headers.get('location')).toBe('/owner/topics')
  })

  test('for a playground that was not built is told how to build it', async () => {
    const service = await over({}, '/nowhere')
    const response = await fetch(`${service.url}/playground`)
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('npm run build')])
  })

  test('is finished before the service stops', async () => {
    const [asked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const slow = await startServiceOver(
      emptyStore({
        async topics() {
          asked.resolve()
          await released.promise
          return []
        },
      }),
    )
    const answer = slow.ask('{ topics { nodes { id } } }')
    await asked.promise
    const stopped = slow.stop()
    released.resolve()
    expect((await answer).data).toEqual({ topics: { nodes: [] } })
    await stopped
    await expect(slow.ask('{ __typename }')).rejects.toThrow()
  })
})

test('a port in use is the listener’s own error', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await expect(startServiceOver(emptyStore(), { port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  server.close()
})
