import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditStore, AuditTopic } from '../../gateway/audit-store/port.ts'
import { FORMATS } from '../../gateway/export/formats.ts'
import { type AuditStory, tellAuditStory } from '../support/audit-story.ts'
import {
  type ChainGateway,
  emptyStore,
  NO_TERMS,
  startServiceOver,
  startTestGateway,
  type TestGateway,
} from '../support/gateway.ts'

let story: AuditStory
let gateway: ChainGateway
const services: TestGateway[] = []

beforeAll(async () => {
  story = await tellAuditStory()
  gateway = await startTestGateway(story.it)
  await gateway.indexed()
})
afterAll(async () => {
  for (const service of services) await service.stop()
  await gateway?.stop()
  await story?.it.stop()
})

const fetchFrom = async (url: string, path: string) => {
  const response = await fetch(`${url}/export/${path}`)
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}
const topic = (i: number): AuditTopic => ({
  id: `0x${i.toString(16).padStart(64, '0')}`,
  filter: `t/${'x'.repeat(2_000)}/${i}`,
  since: 1n,
  terms: NO_TERMS,
  registeredAt: 1,
  registeredBy: `0x${'02'.repeat(20)}`,
  cursor: BigInt(i),
})
/** So many topics, without holding them. */
const manyTopics = (count: number, asked: (page: number) => void = () => {}): Partial<AuditStore> => ({
  async topics(_, { first, before = BigInt(count) }) {
    asked(Number(before))
    return Array.from({ length: Math.min(first, Number(before)) }, (_x, i) => topic(Number(before) - 1 - i))
  },
  blockUpTo: async () => (await emptyStore().status()).head,
})
const over = async (store: Partial<AuditStore>): Promise<TestGateway> => {
  const service = await startServiceOver(emptyStore(store))
  services.push(service)
  return service
}

describe('an export', () => {
  test('has every row that the connection has, filtered alike, as JSON Lines', async () => {
    const where = encodeURIComponent(JSON.stringify({ topic: 'home/#', outcome: 'ALLOWED' }))
    const { text, type } = await fetchFrom(gateway.url, `accessRecords.jsonl?where=${where}`)
    expect(type).toContain('application/jsonl')
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const { data } = await gateway.ask(
      '{ accessRecords(where: { topic: "home/#", outcome: ALLOWED }) { nodes { id } } }',
    )
    expect(rows.map((row) => row.id)).toEqual(data.accessRecords.nodes.map(({ id }: { id: string }) => id))
    expect(rows[0]).toMatchObject({ 'why.lawfulBasis': 'CONTRACT', outcome: 'ALLOWED', match: 'CERTAIN' })
  })

  test('is a table in CSV, with its head', async () => {
    const { text, type } = await fetchFrom(gateway.url, 'topics.csv')
    expect(type).toContain('text/csv')
    const [head, ...lines] = text.trimEnd().split('\r\n')
    expect(head).toBe('id,filter,owner.address,registeredAt,registeredBy.address')
    expect(lines.map((line) => line.split(',')[1])).toEqual([
      'office',
      'home/kitchen/#',
      'home/kitchen',
      'home/#',
      'home',
    ])
  })

  test.each(['grants.csv', 'reports.jsonl', 'accessRecords.csv'])('of %s works', async (file) => {
    expect((await fetchFrom(gateway.url, file)).status).toBe(200)
  })

  test('reaches to the last row, page by page', async () => {
    const service = await over(manyTopics(1_234))
    const { text } = await fetchFrom(service.url, 'topics.jsonl')
    expect(text.trimEnd().split('\n')).toHaveLength(1_234)
  })

  test('leaves places to others, and gives its own back however it ends', async () => {
    const service = await over(manyTopics(1_000_000))
    const ask = () => fetch(`${service.url}/export/topics.csv`)
    const [one] = [await ask(), await ask()]
    expect(await (await ask()).json()).toMatchObject({ errors: [{ extensions: { code: 'EXPORTS_BUSY' } }] })
    await one.body?.cancel()
    await expect.poll(async () => (await fetch(`${service.url}/export/topics.csv?where=x`)).status).toBe(400)
    await expect.poll(async () => (await ask()).status, { timeout: 45_000 }).toBe(200)
  })

  test('is refused where its reader could not see that it was broken off', async () => {
    const { hostname, port } = new URL((await over({})).url)
    const socket = connect(Number(port), hostname)
    socket.write('GET /export/topics.csv HTTP/1.0\r\n\r\n')
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 .*HTTP\/1\.1: in nginx/s)
  })

  test('asks for no more than its reader takes', async () => {
    let lowest = Number.POSITIVE_INFINITY
    const service = await over(manyTopics(1_000_000, (before) => (lowest = Math.min(lowest, before))))
    const response = await fetch(`${service.url}/export/topics.csv`)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const reader = response.body?.getReader()
    await reader?.read()
    await expect
      .poll(
        async () => {
          const before = lowest
          await new Promise((resolve) => setTimeout(resolve, 50))
          return lowest === before
        },
        { timeout: 20_000 },
      )
      .toBe(true) // what the sockets hold is full: nothing more is asked
    expect(lowest).toBeGreaterThan(800_000)
    await reader?.cancel()
  })

  test('that cannot go on is broken off, never ended as if whole', async () => {
    const { topics } = manyTopics(2_000)
    let pages = 0
    const service = await over({
      ...manyTopics(2_000),
      async topics(...args) {
        if (++pages > 2) throw new Error('the disk is gone')
        return (await topics?.(...args)) ?? []
      },
    })
    await expect(fetchFrom(service.url, 'topics.csv')).rejects.toThrow()
  })

  test('that is asked for wrongly is refused with a code', async () => {
    const codeOf = async (path: string) => {
      const { status, text } = await fetchFrom(gateway.url, path)
      return [status, JSON.parse(text).errors[0].extensions.code]
    }
    expect(await codeOf('secrets.csv')).toEqual([404, 'NOT_FOUND'])
    expect(await codeOf('topics.xlsx')).toEqual([404, 'NOT_FOUND'])
    expect(await codeOf('topics.csv?where={')).toEqual([400, 'BAD_REQUEST'])
    const bad = encodeURIComponent('{"topic":"a/#/b"}')
    expect(await codeOf(`accessRecords.csv?where=${bad}`)).toEqual([400, 'BAD_TOPIC'])
    expect(await codeOf(`accessRecords.csv?asOf=${encodeURIComponent('{"block":"99999999"}')}`)).toEqual([
      400,
      'BLOCK_IN_FUTURE',
    ])
    expect(await codeOf(`topics.csv?where=${encodeURIComponent('{"nothing":1}')}`)).toEqual([400, 'BAD_USER_INPUT'])
  })
})

describe('a cell of CSV', () => {
  const line = (value: unknown) => FORMATS.csv?.line({ a: value }, ['a'])
  test('runs no formula, whatever a topic is called', () => {
    expect(line('=HYPERLINK("http://evil")')).toBe(`"'=HYPERLINK(""http://evil"")"\r\n`)
    for (const text of ['+1', '-1', '@SUM(A1)', '\tx']) expect(line(text)).toBe(`'${text}\r\n`)
    expect(line('a,b')).toBe('"a,b"\r\n')
    expect(line(null)).toBe('\r\n')
    expect(line(5)).toBe('5\r\n')
  })
})
