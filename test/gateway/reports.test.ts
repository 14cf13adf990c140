import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { makeInThread } from '../../gateway/reports/make.ts'
import { openEvidenceStore } from '../../records/store/open-store.ts'
import { remakeReport } from '../../reports/remake.ts'
import { verifyReport } from '../../reports/verify/verify-report.ts'
import { FOREVER } from '../support/chain.ts'
import { type Answer, emptyStore, startServiceOver } from '../support/gateway.ts'
import { TOPIC } from '../support/kitchen-story.ts'
import { type Asking, anchored, codeOf, download, finished, made, REQUEST, request } from '../support/reports.ts'
import { type ReportsStage, startReportsStage, type Who } from '../support/reports-stage.ts'
import { tokenFor } from '../support/sign-in.ts'
import { describeReportsPages } from './reports-page.suite.ts'

// A busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 })

let stage: ReportsStage
let tokens: Record<Who, string>
const as = (who: Who): Asking => ({ gateway: stage.gateway(), token: tokens[who] })
const address = (who: Who) => stage.accounts[who].address

beforeAll(async () => {
  stage = await startReportsStage()
  tokens = await stage.tokens()
})
afterAll(() => stage?.stop())

/** Made first, and shared: the owner's, the subject's, an outsider's, an auditor's; and one that could not be made. */
let [report, subjects, outsiders, auditors, failed]: Answer['data'][] = []

/** What the gateway's journal holds open of showings. */
function shownTo(account: string): { names: string[]; count: number; isSealed: boolean; topicId: string }[] {
  const file = new Database(stage.own.options.journalPath, { readonly: true })
  const states = (file.prepare('select state from windows').all() as { state: string }[]).map(({ state }) => state)
  file.close()
  return states
    .filter((state) => state.includes(account))
    .map((state) => {
      const { count, isSealed = false, access } = JSON.parse(state)
      return { names: state.match(/report:0x[0-9a-f]{64}/g) ?? [], count, isSealed, topicId: access.topicId }
    })
}

describe('a requested report', () => {
  test('needs a sign-in: to ask for, to follow and to fetch', async () => {
    const input = { topicAccess: { topic: TOPIC } }
    expect(await stage.gateway().codeOf(REQUEST, { input })).toBe('SIGN_IN_NEEDED')
    expect(await stage.gateway().codeOf('{ report(id: "x") { id } }')).toBe('SIGN_IN_NEEDED')
    expect(await stage.gateway().codeOf('{ requestedReports { nodes { id } } }')).toBe('SIGN_IN_NEEDED')
    const url = `/reports/${'0'.repeat(32)}.pdf`
    expect(await codeOf(await download({ gateway: stage.gateway(), token: '' }, url))).toEqual([401, 'SIGN_IN_NEEDED'])
    expect(await codeOf(await download({ gateway: stage.gateway(), token: 'ended' }, url))).toEqual([
      401,
      'SIGN_IN_EXPIRED',
    ])
  })

  test('is one at a time, and two of an address', async () => {
    const asked = await request(as('owner'), { topic: TOPIC })
    const again = await request(as('owner'), { topic: TOPIC })
    expect(again.errors?.[0]?.extensions.code).toBe('REPORT_UNDER_WAY')
    expect(again.errors?.[0]?.message).toContain(asked.data.requestReport.id)
    const second = await request(as('dashboard'), { topic: TOPIC })
    expect(second.data.requestReport).toMatchObject({ status: 'QUEUED', ahead: 1 })
    expect((await request(as('outsider'), { topic: TOPIC })).errors?.[0]?.extensions.code).toBe('REPORTS_BUSY')
    report = await finished(as('owner'), asked.data.requestReport.id)
    subjects = await finished(as('dashboard'), second.data.requestReport.id)
  })

  test('is made with what its requester may see, and verifies with a node', async () => {
    expect(report).toMatchObject({ kind: 'TOPIC_ACCESS', topic: TOPIC, from: null, status: 'DONE', failure: null })
    expect(report.result).toMatchObject({ complete: true, rows: 6, open: 8, withheld: 0, erased: 0, notAvailable: 0 })
    const response = await download(as('owner'), report.result.url)
    expect(response.headers.get('content-type')).toBe('application/pdf')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-disposition')).toMatch(
      /^attachment; filename="flytrap-report-[0-9a-f]{8}\.pdf"$/,
    )
    const pdf = Buffer.from(await response.arrayBuffer())
    expect(pdf.length).toBe(report.result.size)
    expect(`0x${createHash('sha256').update(pdf).digest('hex')}`).toBe(report.result.sha256)
    const verdict = await verifyReport(pdf, { remake: remakeReport, rpcUrl: stage.story.it.chain.url })
    expect(verdict.findings.filter(({ status }) => status === 'failed')).toEqual([])
    expect(verdict.line).toMatch(/^VERIFIED/)
  })

  test('is anchored by the gateway’s recorder, and listed for everybody', async () => {
    const { block, transaction } = await anchored(as('owner'), report.id)
    const { data } = await stage.gateway().ask('{ reports { nodes { id kind issuer { address } block transaction } } }')
    const issuer = { address: expect.stringMatching(new RegExp(stage.own.account.address, 'i')) }
    const listed = { id: report.result.sha256, kind: 'TOPIC_ACCESS', issuer, block, transaction }
    expect(data.reports.nodes).toEqual([listed])
    const receipt = await stage.story.it.chain.rpc.request('eth_getTransactionReceipt', [transaction])
    expect(Number((receipt as { blockNumber: string }).blockNumber)).toBe(Number(block))
  })

  test('of who has no role on its topic costs no transaction: it stays signed, and says why', () => {
    const anchoring = {
      state: 'SIGNED',
      block: null,
      reason: expect.stringMatching(/for auditors and for the topic’s/),
    }
    expect(subjects).toMatchObject({ status: 'DONE', anchoring })
  })

  test('is on record as shown before it is done, and at each fetching', async () => {
    const { sha256, url } = report.result
    const shown = shownTo(address('owner'))
    for (const { names } of shown) expect(names).toContain(`report:${sha256}`)
    const sum = (all: typeof shown): number => all.reduce((total, { count }) => total + count, 0)
    await (await download(as('owner'), url)).arrayBuffer()
    // As owner of three topics, home, home/# and the one that was asked for, and of one as the subject: a record each.
    expect([shown.length, sum(shownTo(address('owner'))) - sum(shown)]).toEqual([4, 4])
  })

  test('that was kept before it was noted what of it is sealed is shown under seal', async () => {
    const isSealed = () => shownTo(address('owner')).some((shown) => shown.isSealed)
    expect(isSealed()).toBe(false)
    const store = new Database(stage.own.options.evidencePath)
    store.prepare(`update reports set details = replace(details, ',"isSealed":false', '') where id = ?`).run(report.id)
    store.close()
    await (await download(as('owner'), report.result.url)).arrayBuffer()
    expect(isSealed()).toBe(true)
  })

  test('is nobody else’s', async () => {
    const { id, result } = report
    const query = 'query($id: ID!) { report(id: $id) { id } }'
    expect((await stage.gateway().as(tokens.auditor).ask(query, { id })).data).toEqual({ report: null })
    expect(await codeOf(await download(as('auditor'), result.url))).toEqual([404, 'NOT_FOUND'])
    expect(await codeOf(await download(as('owner'), '/reports/other.pdf'))).toEqual([404, 'NOT_FOUND'])
  })

  test('of somebody without a role withholds the evidence, counts it, and shows nothing that is recorded', async () => {
    outsiders = await made(as('outsider'), { topic: TOPIC })
    const { result } = outsiders
    expect(result).toMatchObject({ open: 0, withheld: result.rows })
    expect(shownTo(address('outsider'))).toEqual([])
    const theirs = Buffer.from(await (await download(as('outsider'), result.url)).arrayBuffer())
    const { findings, line } = await verifyReport(theirs, { remake: remakeReport, rpcUrl: stage.story.it.chain.url })
    expect(line).toMatch(/^VERIFIED/)
    const { text } = findings.find(({ name }) => name === 'leaves') ?? {}
    expect(text).toMatch(new RegExp(`^0 pieces .* [1-9]\\d* are withheld from ${address('outsider')}`))
  })

  test('opens to the subject what is about it', async () => {
    const { result } = subjects
    expect(result.open).toBeGreaterThan(0)
    expect(result.withheld).toBeGreaterThan(0)
    expect((await download(as('dashboard'), result.url)).status).toBe(200)
  })

  test('that opens a sealed record is recorded as shown under seal, although its topic is public', async () => {
    await stage.tellSealed('ward')
    auditors = await made(as('auditor'), { topic: 'ward', to: '2099-01-01' })
    const { result } = auditors
    expect(result).toMatchObject({ rows: 3, open: 3, withheld: 0 })
    const shown = shownTo(address('auditor')).filter(({ names }) => names.includes(`report:${result.sha256}`))
    expect(shown).toMatchObject([{ topicId: topicIdOf('ward'), isSealed: true }])
  })

  test('is handed out no more once the role has ended on which it rests, a block ago', async () => {
    const { url } = auditors.result
    await stage.story.it.call('setAuditor', [address('auditor'), '', 0])
    expect(await codeOf(await download(as('auditor'), url))).toEqual([403, 'NOT_ENTITLED'])
    await stage.story.it.call('setAuditor', [address('auditor'), '', FOREVER])
    expect((await download(as('auditor'), url)).status).toBe(200)
  })

  test('that cannot be made says why and what to do', async () => {
    failed = await made(as('owner'), { topic: TOPIC, from: '2099-01-01' })
    const { failure, status, result } = failed
    expect([status, failure.code, result]).toEqual(['FAILED', 'PERIOD_INVALID', null])
    expect(failure.message).toMatch(/Name a beginning before its end/)
  })

  test('is listed for its requester, the newest first, page by page', async () => {
    const query = `query($after: String) { requestedReports(first: 1, after: $after) { nodes { id status } pageInfo { hasNextPage endCursor } } }`
    const page = async (after?: string) =>
      (await stage.gateway().as(tokens.owner).ask(query, { after })).data.requestedReports
    const first = await page()
    expect([first.nodes[0].status, first.pageInfo.hasNextPage]).toEqual(['FAILED', true])
    const second = await page(first.pageInfo.endCursor)
    expect([second.nodes[0].id, second.pageInfo.hasNextPage]).toEqual([report.id, false])
    expect(await stage.gateway().as(tokens.owner).codeOf(query, { after: 'x' })).toBe('BAD_CURSOR')
  })

  test.each([
    [{ topicAccess: { topic: 'a#b' } }, 'BAD_TOPIC'],
    [{ topicAccess: { topic: TOPIC, from: '2026-02-01', to: '2026-01-01' } }, 'BAD_PERIOD'],
    [{ topicAccess: { topic: TOPIC, from: 'yesterday' } }, 'BAD_TIME'],
    [{ breachScope: { account: '0x' } }, 'BAD_USER_INPUT'],
    [{}, 'BAD_USER_INPUT'],
  ])('is refused for %j by %s: the schema knows the kinds there are', async (input, code) => {
    expect(await stage.gateway().as(tokens.owner).codeOf(REQUEST, { input })).toBe(code)
  })
})

function order() {
  const { it, signer } = stage.story
  const { evidencePath, rpcUrl } = stage.own.options
  const { address: contract, deployBlock } = it.contract
  const signing = { confirmations: 1, signerDir: dirname(signer.certificatePath) }
  const place = { rpcUrl, chainId: it.chain.chainId, contract, deployBlock, evidencePath, ...signing }
  return { place, question: { topicFilter: TOPIC }, requester: address('owner') }
}

describe('a report that takes too much', () => {
  const making = { onProgress: () => {}, approve: () => Promise.reject(new Error('it was made')) }

  test.each([
    ['time', { timeMs: 1, heapMb: 512 }, 'REPORT_TOO_SLOW'],
    ['memory', { timeMs: 60_000, heapMb: 6 }, 'REPORT_TOO_LARGE'],
  ])('of %s fails with its code, and ends', async (_what, limits, code) => {
    await expect(makeInThread(order(), making, limits).done).rejects.toMatchObject({ code })
  })
})

describe('a report that may be kept', () => {
  test('is not too slow any more', async () => {
    const limits = { timeMs: 599_999, heapMb: 1_024 }
    const [begun, ended] = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'clearTimeout')]
    const about = { makerId: 2, requester: stage.story.stranger.address, requestedAt: 1, details: '{}' }
    const report = { ...about, id: 'e'.repeat(32), status: 'DONE' } as const
    const timeIsUp = () => {
      const at = begun.mock.calls.findIndex(([, ms]) => ms === limits.timeMs)
      const isEnded = ended.mock.calls.some(([timer]) => timer === begun.mock.results[at]?.value)
      if (!isEnded) begun.mock.calls[at]?.[0]()
    }
    const approve = async () => {
      setImmediate(timeIsUp)
      return report
    }
    await makeInThread(order(), { onProgress: () => {}, approve }, limits).done.finally(() => vi.restoreAllMocks())
    const store = await openEvidenceStore(order().place.evidencePath)
    expect(await store.report(report.id)).toEqual(report)
    store.close()
  })
})

describe('a gateway without a signer', () => {
  test('makes none, and says who does', async () => {
    const gateway = await startServiceOver(emptyStore())
    const token = await tokenFor(gateway.url, stage.accounts.owner)
    const { errors } = await request({ gateway, token }, { topic: TOPIC })
    expect(errors?.[0]?.extensions.code).toBe('REPORTS_UNAVAILABLE')
    await gateway.stop()
  })
})

describeReportsPages(
  () => stage,
  () => ({ done: 1, failed: failed.id }),
)

describe('an erasure', () => {
  test('takes the files of reports that carry what it erases, and names them', async () => {
    const { id, result } = report
    const mutation = 'mutation { eraseEvidence(input: { topic: "home" }) { status reports } }'
    const { data } = await stage.gateway().as(tokens.owner).ask(mutation)
    expect(data.eraseEvidence.reports).toContain(result.sha256)
    const anchoring = { state: 'ANCHORED' } // a hash says nothing, and stays
    expect(await finished(as('owner'), id)).toMatchObject({ status: 'ERASED', result: null, anchoring })
    expect(await codeOf(await download(as('owner'), result.url))).toEqual([404, 'NOT_FOUND'])
    expect((await download(as('outsider'), outsiders.result.url)).status).toBe(200) // it carried nothing
  })
})

describe('a restart', () => {
  test('goes on with what waited, says what was interrupted, and keeps what is done', async () => {
    const waiting = (await request(as('owner'), { topic: TOPIC })).data.requestReport
    await stage.halt()
    const store = await openEvidenceStore(stage.own.options.evidencePath)
    const details = JSON.stringify({ kind: 'TOPIC_ACCESS', question: { topicFilter: TOPIC } })
    const about = { makerId: 2, requester: address('owner'), requestedAt: Date.now(), details }
    const killed = 'f'.repeat(32)
    await store.putReport({ ...about, id: killed, status: 'RUNNING' })
    // Killed between the file and the note that it is to be anchored.
    const unnoted = { kind: 'TOPIC_ACCESS', question: { topicFilter: TOPIC }, isToAnchor: true }
    const made = { reportHash: `0x${'e7'.repeat(32)}` }
    const done = { ...about, id: 'd'.repeat(32), details: JSON.stringify({ ...unnoted, made }) }
    await store.putReport({ ...done, status: 'DONE' })
    expect((await store.report(waiting.id))?.status).toBe('QUEUED')
    store.close()
    await stage.restart()
    tokens = await stage.tokens()
    expect(await anchored(as('owner'), done.id)).toMatchObject({ state: 'ANCHORED' })
    expect((await finished(as('owner'), killed)).failure.code).toBe('INTERRUPTED')
    const { status, result } = await finished(as('owner'), waiting.id)
    expect([status, result.open, result.withheld, result.erased]).toEqual(['DONE', 0, 0, result.rows])
    expect((await download(as('outsider'), outsiders.result.url)).status).toBe(200)
  })
})
