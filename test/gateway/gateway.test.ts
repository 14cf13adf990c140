import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getAddress } from 'ethers'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Hex, keccak256, toHex, uint } from '../../domain/bytes.ts'
import { DenialReason, Outcome } from '../../domain/enums.ts'
import { foldHead } from '../../domain/head.ts'
import { encodeRecord } from '../../domain/packed.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { QUESTIONS } from '../../gateway/playground/questions.ts'
import { type Gateway, startGateway } from '../../gateway/start-gateway.ts'
import { type Account, silent, startTestChain, type TestChain } from '../support/chain.ts'
import { accessOf, addTestRecorder, readHistory, type TestRecorder } from '../support/records.ts'

const BROWSER = '/usr/bin/chromium'
const hasBrowser = existsSync(BROWSER)
if (!hasBrowser && process.env.CI === 'true') throw new Error('chromium is missing: CI must install it')
if (!hasBrowser) console.warn('SKIPPED: no chromium is installed, the playground is not opened')

// biome-ignore lint/suspicious/noExplicitAny: answers are judged by what they hold
type Answer = { data?: any; errors?: { message: string; extensions: { code: string } }[] }

let it: TestChain
let recorder: TestRecorder
let device: Account
let gateway: Gateway
let dir: string

const ask = async (query: string, variables: object = {}): Promise<Answer> => {
  const body = JSON.stringify({ query, variables })
  const headers = { 'content-type': 'application/json' }
  return (await (await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body })).json()) as Answer
}
const codeOf = async (query: string): Promise<string | undefined> => (await ask(query)).errors?.[0]?.extensions.code

async function record(count: number): Promise<void> {
  const records = await recorder.open()
  const denied = { outcome: Outcome.DENIED, denialReason: DenialReason.NO_GRANT, topicId: topicIdOf('home') }
  for (let i = 0; i < count; i++) {
    await records.journal.record(accessOf({ account: device.address, topicId: topicIdOf('home/#'), grantId: 1 }))
  }
  await records.journal.record(accessOf({ ...denied, account: it.owner.address }))
  await records.flush()
  await records.stop()
}

const indexed = async (): Promise<void> => {
  const height = await it.chain.rpc.request<string>('eth_blockNumber')
  const isThere = async (): Promise<boolean> =>
    (await ask('{ status { indexed { number } } }')).data.status.indexed.number === BigInt(height).toString()
  while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 20))
}

beforeAll(async () => {
  it = await startTestChain()
  dir = mkdtempSync(join(tmpdir(), 'flytrap-gateway-'))
  recorder = await addTestRecorder(it)
  device = await it.account()
  await it.call('giveTopic', ['home', it.owner.address])
  await it.call('registerTopic', ['home/#'])
  await it.grant('home/#', device.address, 3)
  await record(3)
  gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    log: silent,
    engine: {
      buildDir: new URL('../../subgraph/build', import.meta.url).pathname,
      dbPath: join(dir, 'history.sqlite'),
      rpcUrl: it.chain.url,
      chainId: it.chain.chainId,
      contract: it.contract.address,
      deployBlock: it.contract.deployBlock,
      pollMs: 50,
      log: silent,
    },
  })
  await indexed()
})
afterAll(async () => {
  await gateway.stop()
  await it.stop()
  rmSync(dir, { recursive: true, force: true })
})

const RECORD = `who { address } what { filter owner { address } } match action outcome denialReason when { count first last }
  why { id right lawfulBasis grantor { address } until } proof { sequence head transaction block { number hash }
  recorder { id address } batch { firstSequence count recordsHash evidenceRoot through builtAt } } evidence { status reason }`

describe('accessRecords', () => {
  test('answers who accessed what, when and why, with proof', async () => {
    const { data } = await ask(
      `{ accessRecords(where: { topic: "home/kitchen", outcome: ALLOWED }) { nodes { ${RECORD} } } }`,
    )
    expect(data.accessRecords.nodes).toHaveLength(3)
    expect(data.accessRecords.nodes[0]).toMatchObject({
      who: { address: getAddress(device.address) },
      what: { filter: 'home/#', owner: null },
      match: 'POSSIBLE',
      action: 'PUBLISH',
      denialReason: null,
      why: {
        id: '1',
        right: 'PUBLISH',
        lawfulBasis: 'CONTRACT',
        until: null,
        grantor: { address: getAddress(it.owner.address) },
      },
      evidence: { status: 'WITHHELD' },
    })
  })

  test('finds a denial under the nearest registered topic, and says why', async () => {
    const { data } = await ask(
      `{ accessRecords(where: { topic: "home/kitchen", outcome: DENIED }) { nodes { ${RECORD} } } }`,
    )
    expect(data.accessRecords.nodes[0]).toMatchObject({ denialReason: 'NO_GRANT', what: { filter: 'home' }, why: null })
  })

  test('proves a record by folding its batch into the head', async () => {
    const { data } = await ask(`{ accessRecords(where: { recorder: "1" }) { nodes { ${RECORD} } } }`)
    const { batch, head } = data.accessRecords.nodes[0].proof
    const { records, batches } = await readHistory(it, recorder)
    const at = batches.findIndex(({ firstSeq }) => firstSeq === BigInt(batch.firstSequence))
    const bytes = Buffer.concat(
      records
        .slice(Number(batch.firstSequence) - 1)
        .slice(0, batch.count)
        .map(encodeRecord),
    )
    expect(batch.recordsHash).toBe(toHex(keccak256(bytes)))
    const seconds = (time: string): number => Date.parse(time) / 1_000
    const header = {
      ...batch,
      firstSeq: BigInt(batch.firstSequence),
      through: seconds(batch.through),
      builtAt: seconds(batch.builtAt),
    }
    const before = at === 0 ? undefined : (batches[at - 1] as { head?: Hex } | undefined)?.head
    if (before !== undefined) expect(foldHead(before, header)).toBe(head)
    expect(uint(BigInt(batch.firstSequence), 8)).toHaveLength(8)
  })

  test('pages stay as of the first page while records are added', async () => {
    const page = (after: string): string =>
      `{ accessRecords(first: 2 ${after}) { nodes { id } pageInfo { hasNextPage endCursor } } }`
    const seen: string[] = []
    let after = ''
    for (let more = true; more; ) {
      const { data } = await ask(page(after))
      seen.push(...data.accessRecords.nodes.map(({ id }: { id: string }) => id))
      if (seen.length === 2) await record(2)
      if (seen.length === 2) await indexed()
      more = data.accessRecords.pageInfo.hasNextPage
      after = `after: "${data.accessRecords.pageInfo.endCursor}"`
    }
    expect(seen).toHaveLength(5)
    expect(new Set(seen).size).toBe(5)
  })

  test('is as of a past block when asked', async () => {
    const { data } = await ask('{ accessRecords(asOf: { block: "2" }) { nodes { id } } }')
    expect(data.accessRecords.nodes).toEqual([])
  })
})

describe('the ready questions', () => {
  test.each(QUESTIONS.map((question) => [question.split('\n')[0], question]))('%s', async (_, question) => {
    const { data, errors } = await ask(question)
    expect(errors).toBeUndefined()
    expect(Object.keys(data).length).toBeGreaterThan(0)
  })

  test('tell who may access what', async () => {
    const { data } = await ask(QUESTIONS[1] ?? '')
    const rights = data.accessRights.map((r: Answer['data']) => `${r.topic.filter} ${r.right} ${r.account.address}`)
    expect(rights).toContain(`home/# SUBSCRIBE ${getAddress(device.address)}`)
    expect(rights).toContain(`home PUBLISH ${getAddress(it.owner.address)}`)
  })
})

describe('a bad query is refused with its code:', () => {
  const deep = `{ topics { nodes { ${'owner { topics { '.repeat(6)} id ${'} }'.repeat(6)} } } }`
  const lists = '{ topics(first: 1000) { nodes { grants { topic { grants { id } } } } } }'
  const costly = `{ accessRecords(first: 1000) { nodes { ${Array.from({ length: 12 }, (_, i) => `a${i}: who { address topics { id filter } grants { id right } }`).join(' ')} } } }`
  test.each([
    ['too deep', deep, 'QUERY_TOO_DEEP'],
    ['too costly', costly, 'QUERY_TOO_COMPLEX'],
    ['lists in lists in lists', lists, 'QUERY_TOO_COMPLEX'],
    [
      'too many aliases',
      `{ ${Array.from({ length: 20 }, (_, i) => `a${i}: status { chainId }`).join(' ')} }`,
      'QUERY_TOO_COMPLEX',
    ],
    ['too long', `{ ${'__typename '.repeat(2_100)} }`, 'QUERY_TOO_LONG'],
    ['a bad cursor', '{ accessRecords(after: "nonsense") { nodes { id } } }', 'BAD_CURSOR'],
    ['a bad address', '{ wallet(address: "0x12") { address } }', 'BAD_ADDRESS'],
    [
      'a mistyped address',
      '{ wallet(address: "0x52908400098527886E0F7030069857D2E4169Ee7") { address } }',
      'BAD_ADDRESS',
    ],
    ['a bad time', '{ accessRecords(where: { from: "yesterday" }) { nodes { id } } }', 'BAD_TIME'],
    ['a bad topic', '{ accessRecords(where: { topic: "a/#/b" }) { nodes { id } } }', 'BAD_TOPIC'],
    ['a block to come', '{ accessRecords(asOf: { block: "99999" }) { nodes { id } } }', 'BLOCK_IN_FUTURE'],
    ['too large a page', '{ accessRecords(first: 1001) { nodes { id } } }', 'FIRST_OUT_OF_RANGE'],
    ['no such field', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['no GraphQL', '{', 'GRAPHQL_PARSE_FAILED'],
  ])('%s', async (_, query, code) => {
    expect(await codeOf(query)).toBe(code)
  })

  test('a body over the limit, a list of queries and a form are refused', async () => {
    const post = (type: string, body: string) =>
      fetch(`${gateway.url}/graphql`, { method: 'POST', headers: { 'content-type': type }, body })
    expect((await post('application/json', JSON.stringify({ query: ' '.repeat(110_000) }))).status).toBe(413)
    expect((await post('application/json', '[{"query":"{__typename}"}]')).status).toBe(400)
    expect((await post('text/plain', '{"query":"{__typename}"}')).status).toBeGreaterThanOrEqual(400)
  })
})

describe('the service', () => {
  test('tells its health', async () => {
    const response = await fetch(`${gateway.url}/health`)
    expect([response.status, await response.json()]).toEqual([200, { live: true, ready: true, lag: 0, trouble: null }])
  })

  test('forbids scripts from elsewhere', async () => {
    const policy = (await fetch(`${gateway.url}/playground/`)).headers.get('content-security-policy')
    expect(policy).toContain("script-src 'self'")
  })

  test.skipIf(!hasBrowser)(
    'shows the playground from local files, with the three questions, and answers the first',
    async () => {
      const browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-gpu'] })
      try {
        const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
        const outside: string[] = []
        page.on('request', (request) => {
          if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(gateway.url))
            outside.push(request.url())
        })
        await page.goto(`${gateway.url}/playground/`)
        await page.getByRole('button', { name: /execute query/i }).click()
        await expect
          .poll(() => page.locator('.graphiql-response').innerText(), { timeout: 10_000 })
          .toContain('NO_GRANT')
        expect(await page.locator('.graphiql-tab').count()).toBe(3)
        expect(outside).toEqual([])
        const shot = process.env.FLYTRAP_SCREENSHOT
        if (shot !== undefined) await page.screenshot({ path: shot })
      } finally {
        await browser.close()
      }
    },
  )
})
