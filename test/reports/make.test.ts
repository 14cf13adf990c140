import { generateKeyPairSync } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256, toHex } from '../../domain/bytes.ts'
import { Right } from '../../domain/enums.ts'
import { compileTopicAccess, type MadeReport, makeReport, type ReportOrder } from '../../reports/make-report.ts'
import { renderReport } from '../../reports/render/render-report.ts'
import { openFileSigner } from '../../reports/sign/file-signer.ts'
import { visible } from '../../reports/texts/visible.ts'
import type { Report } from '../../reports/verify/format/report.ts'
import { type Story, TOPIC, tellKitchenStory } from '../support/kitchen-story.ts'
import { hasTool, runTool } from '../support/tools.ts'

let story: Story
let made: MadeReport
let file: string

beforeAll(async () => {
  story = await tellKitchenStory()
  made = await makeReport(story.order())
  file = join(dirname(story.signer.certificatePath), 'report.pdf')
  writeFileSync(file, made.pdf)
})
afterAll(() => story.stop())

const compile = async (order: Partial<ReportOrder> = {}): Promise<Report> => {
  const { signer, signedAt: _, ...collection } = { ...story.order(), ...order }
  return (await compileTopicAccess({ ...collection, spkiHash: story.signer.spkiHash }, signer)).report
}

describe('the topic access report', () => {
  test('compiles to the rows, grants and verdict of the story', async () => {
    await expect(nameless(made.report, story)).toMatchFileSnapshot('topic-access.golden.json')
  })

  test('ends by default at the lowest watermark, and is complete up to there', () => {
    const { question, watermark, complete } = made.report
    expect(question).toMatchObject({ to: watermark, toGiven: false, fromGiven: false })
    expect(complete).toBe(true)
  })

  test('says that a period beyond the watermark is not complete', async () => {
    const to = (made.report.watermark ?? 0) + 100
    const report = await compile({ question: { topicFilter: TOPIC, to } })
    expect(report).toMatchObject({ complete: false, question: { toGiven: true } })
    expect(report.recorders[0]).toMatchObject({ complete: false, servedInPeriod: true })
  })

  test('holds only rows of its period', async () => {
    const { from } = made.report.question
    const first = made.report.rows[0]!
    const report = await compile({ question: { topicFilter: TOPIC, from, to: first.firstAt } })
    expect(report.rows).toEqual([first])
  })

  test('counts what evidence was erased or is not there, and narrows nothing by it', async () => {
    const source = story.order().source
    const erased: typeof source = {
      ...source,
      evidence: async (id, seq) =>
        (await source.evidence(id, seq))?.map(({ seq: place, leaf }) => ({ seq: place, leaf })),
    }
    const gone = await compile({ source: erased })
    expect(gone.counts).toMatchObject({ erased: 8, notAvailable: 0, otherNames: 0 })
    expect(gone.rows.filter(({ relation }) => relation === 'possible').length).toBeGreaterThan(3)
    const none = await compile({ source: { ...source, evidence: async () => undefined } })
    expect(none.counts).toMatchObject({ erased: 0, notAvailable: 8 })
    expect(none.rows.map(({ names }) => names)).toEqual(Array(8).fill(null))
  })

  test('made for an account withholds what that account may not see, counts it, and tells how far it is', async () => {
    const account = story.dashboard.address
    const stages: string[] = []
    const report = await compile({
      viewer: { account, mayOpen: async (record) => record.account === account },
      onProgress: ({ stage }) => stages.push(stage),
    })
    expect(report.viewer).toBe(account)
    const states = new Set(report.rows.map((row) => `${row.account === account} ${row.evidence}`))
    expect([...states].sort()).toEqual(['false WITHHELD', 'true OPEN'])
    expect(report.counts.withheld).toBe(report.rows.filter((row) => row.account !== account).length)
    expect([...new Set(stages)]).toEqual(['HISTORY', 'RECORDS', 'EVIDENCE'])
  })

  test('is refused when it would have more rows than its maker draws', async () => {
    const refused = expect(makeReport({ ...story.order(), maxRows: 5 })).rejects
    await refused.toMatchObject({ code: 'REPORT_TOO_LARGE', message: expect.stringMatching(/6 rows, and 5 are drawn/) })
  })

  test('is refused for a filter that is none, an empty period and evidence that is not what was recorded', async () => {
    await expect(compile({ question: { topicFilter: 'a#' } })).rejects.toMatchObject({ code: 'TOPIC_FILTER_INVALID' })
    const empty = compile({ question: { topicFilter: TOPIC, from: 20, to: 10 } })
    await expect(empty).rejects.toMatchObject({ code: 'PERIOD_INVALID' })
    const { source } = story.order()
    const damaged: typeof source = {
      ...source,
      evidence: async (id, seq) => (await source.evidence(id, seq))?.map((entry) => ({ ...entry, text: '{}' })),
    }
    await expect(compile({ source: damaged })).rejects.toMatchObject({ code: 'EVIDENCE_DAMAGED' })
    const shorter: typeof source = {
      ...source,
      evidence: async (id, seq) => (await source.evidence(id, seq))?.slice(1),
    }
    await expect(compile({ source: shorter })).rejects.toMatchObject({ code: 'EVIDENCE_DAMAGED' })
  })

  test('is refused when the node leaves out an access', async () => {
    const { source } = story.order()
    const lying: typeof source = {
      ...source,
      async *logs(range) {
        for await (const logs of source.logs(range)) yield range.names.includes('Access') ? logs.slice(1) : logs
      },
    }
    await expect(compile({ source: lying })).rejects.toMatchObject({ code: 'CHAIN_INCONSISTENT' })
  })

  test('is refused when the node leaves out a batch', async () => {
    const { source } = story.order()
    const lying: typeof source = {
      ...source,
      async *logs(range) {
        for await (const logs of source.logs(range)) yield range.names.includes('Batch') ? logs.toSpliced(-3, 1) : logs
      },
    }
    await expect(compile({ source: lying })).rejects.toMatchObject({ code: 'CHAIN_INCONSISTENT' })
  })

  test('does without a state proof where the node has none, and says so', async () => {
    const report = await compile({ source: { ...story.order().source, proof: async () => undefined } })
    expect(report.stateProof).toBe(false)
  })
})

describe('the document', () => {
  test('is the same bytes for the same inputs, in any time zone', async () => {
    const { signer, signedAt: _, ...collection } = story.order()
    const attachment = await compileTopicAccess({ ...collection, spkiHash: story.signer.spkiHash }, signer)
    const here = await renderReport(attachment)
    const zone = process.env.TZ
    process.env.TZ = 'Asia/Kathmandu'
    const there = await renderReport(attachment)
    process.env.TZ = zone ?? 'UTC'
    expect(toHex(sha256(there.bytes))).toBe(toHex(sha256(here.bytes)))
    expect(made.pdf.length).toBe(here.bytes.length)
  })

  test('repeats the table head on each page, and loses no row', async () => {
    const { signer, signedAt: _, ...collection } = story.order()
    const attachment = await compileTopicAccess({ ...collection, spkiHash: story.signer.spkiHash }, signer)
    const row = attachment.report.rows[0]!
    const rows = Array.from({ length: 120 }, (_, i) => ({ ...row, seq: 1_000 + i }))
    const { bytes } = await renderReport({ ...attachment, report: { ...attachment.report, rows } })
    if (!hasTool('pdftotext', 'poppler-utils')) return
    writeFileSync(file.replace('.pdf', '-long.pdf'), bytes)
    const { text } = runTool('pdftotext', ['-layout', file.replace('.pdf', '-long.pdf'), '-'])
    for (const { seq } of rows) expect(text).toContain(`R1 #${seq}`)
    expect(text.match(/WHEN, UTC/g)!.length).toBeGreaterThan(4)
  })

  test('shows what devices say as text that steers nothing', () => {
    const hostile = '=cmd|\u202e\u001b[31m\u0000e\u0301 \\u{41} а'
    expect(visible(hostile)).toBe('=cmd|\\u{202e}\\u{1b}[31m\\u{0}e\\u{301} \\\\u{41} \\u{430}')
    expect(visible(' a ')).toBe('\\u{20}a\\u{20}')
    expect(visible('Küche/é')).toBe('Küche/é')
  })

  test('reads, for people and machines, as the story went', () => {
    if (!hasTool('pdftotext', 'poppler-utils')) return
    const { text } = runTool('pdftotext', ['-layout', file, '-'])
    expect(text).toContain('Who accessed home/kitchen/temperature?')
    expect(text).toContain('Development chain: its operator can rewrite it.')
    expect(text.replace(/\s/g, '')).toContain('\\u{202e}\\u{1b')
    expect(['\u202e', '\u001b'].filter((character) => text.includes(character))).toEqual([])
    expect(text).toContain(made.report.block.hash)
  })
})

describe('the signature', () => {
  test('is accepted by Debian’s pdfsig, over the whole document, as PAdES', () => {
    if (!hasTool('pdfsig', 'poppler-utils')) return
    const { text } = runTool('pdfsig', [file])
    expect(text).toContain('Signature is Valid')
    expect(text).toContain('Total document signed')
    expect(text).toContain('ETSI.CAdES.detached')
  })

  test('stands in a document that qpdf finds sound', () => {
    if (!hasTool('qpdf', 'qpdf')) return
    expect(runTool('qpdf', ['--check', file])).toMatchObject({ status: 0 })
  })

  test('is made with a key that only its owner can read, the same at each start', () => {
    const dir = dirname(story.signer.certificatePath)
    expect(statSync(join(dir, 'report-key.pem')).mode & 0o777).toBe(0o600)
    const again = openFileSigner({ dir, now: story.signer.notBefore + 90_000 })
    expect(again.spkiHash).toBe(story.signer.spkiHash)
    const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    writeFileSync(join(dir, 'report-key.pem'), foreign.export({ type: 'pkcs8', format: 'pem' }))
    expect(() => openFileSigner({ dir, now: 0 })).toThrow(expect.objectContaining({ code: 'SIGNER_INVALID' }))
    writeFileSync(join(dir, 'report-key.pem'), 'no key')
    expect(() => openFileSigner({ dir, now: 0 })).toThrow(expect.objectContaining({ code: 'SIGNER_INVALID' }))
  })

  test('is refused when the certificate is not valid at that time', async () => {
    const late = makeReport({ ...story.order(), signedAt: story.signer.notAfter + 1 })
    await expect(late).rejects.toMatchObject({ code: 'SIGNER_INVALID' })
  })
})

/** The report without what differs from run to run: keys, hashes and the time of day. */
function nameless(report: Report, { it, thermostat, dashboard, stranger, recorder }: Story): string {
  const names: [string, string][] = [
    [it.owner.address, 'OWNER'],
    [thermostat.address, 'THERMOSTAT'],
    [dashboard.address, 'DASHBOARD'],
    [stranger.address, 'STRANGER'],
    [recorder.account.address, 'RECORDER'],
    [it.contract.address, 'CONTRACT'],
  ]
  const { from } = report.question
  const text = JSON.stringify(
    report,
    (key, value) =>
      TIMES.includes(key) && typeof value === 'number' && value < 2 ** 39
        ? `start + ${value - from > 1e6 ? '30 days' : 'n'}`
        : value,
    1,
  )
  return `${names.reduce((all, [address, name]) => all.replaceAll(address, name), text).replace(/0x(?!5a5a)[0-9a-f]{64}/g, '0x…')}\n`
}

const TIMES = [
  'from',
  'to',
  'at',
  'since',
  'until',
  'firstAt',
  'lastAt',
  'addedAt',
  'through',
  'builtAt',
  'timestamp',
  'watermark',
  'registeredAt',
]

test('a grant that ended before the period stands behind no row and is not listed', async () => {
  const { question } = made.report
  await story.it.call('grant', ['home/#', story.stranger.address, Right.SUBSCRIBE, 2 ** 39, 1, `0x${'00'.repeat(32)}`])
  const report = await compile({ question: { topicFilter: TOPIC, from: question.from, to: question.to } })
  expect(report.grants.map(({ id }) => id)).toEqual([1, 2])
})
