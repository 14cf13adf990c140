/** Reports over recorders that ended, and over one that only seems to have: what a block hash alone proves of it. */
import { Interface } from 'ethers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ABI } from '../../contracts/abi/events.ts'
import { deriveReport } from '../../reports/compile/derive.ts'
import { makeReport, type ReportOrder } from '../../reports/make-report.ts'
import type { Attachment } from '../../reports/verify/format/report.ts'
import type { TestChain } from '../support/chain.ts'
import { compiled, forge } from '../support/forge-report.ts'
import { advance } from '../support/kitchen-story.ts'
import { type RecordedChain, startRecorder } from '../support/recorded-chain.ts'
import { found, type ReportChain, startReportChain } from '../support/report-chain.ts'

let chain: ReportChain
let it: TestChain
let retired: RecordedChain
let standing: RecordedChain
let order: (more?: Partial<ReportOrder['question']>) => Promise<ReportOrder>

/** One recorder serves on; the other is retired, and stopped later. */
beforeAll(async () => {
  chain = await startReportChain()
  it = chain.it
  await it.call('giveTopic', ['home', it.owner.address])
  standing = await startRecorder(it, await it.account())
  retired = await startRecorder(it, await it.account())
  await advance(it, 3)
  await it.call('retireRecorder', [retired.account.address])
  await retired.write([])
  order = async (more = {}) => {
    await advance(it, 5)
    await standing.write([])
    return chain.order(standing, { topicFilter: 'home', ...more })
  }
})
afterAll(() => chain.stop())

/** Adds an end of a recorder to the bundle, and makes the report say what follows from it. */
function inventEnd(name: 'RecorderStopped' | 'RecorderRetired', values: unknown[], attachment: Attachment): void {
  const { bundle, report } = attachment
  const { data, topics } = new Interface(ABI).encodeEventLog(name, values)
  const last = bundle.logs.at(-1)
  if (last === undefined) throw new Error('no log')
  bundle.logs.push({
    ...last,
    logIndex: last.logIndex + 1,
    data: data as `0x${string}`,
    topics: topics as `0x${string}`[],
  })
  attachment.report = deriveReport(bundle, report.signer)
}

test('a retirement is proven by a block hash alone', async () => {
  const { pdf, report } = await makeReport(await order())
  const byHash = await found(pdf, { blockHash: report.block.hash })
  expect(byHash).toMatchObject({ failed: [], coverage: { status: 'passed' } })
  expect((await found(pdf, { rpcUrl: it.chain.url })).failed).toEqual([])
})

test('an end that was invented fails by a block hash alone, and so does another time of a true one', async () => {
  const given = await order()
  const honest = await compiled(given)
  const { account, id } = standing
  const [next, through, head] = [1n, honest.bundle.recorders[0]?.batches.at(-1)?.through ?? 0, `0x${'11'.repeat(32)}`]
  const lies: [Parameters<typeof inventEnd>[0], unknown[]][] = [
    ['RecorderStopped', [account.address, id, next, through, head]],
    ['RecorderRetired', [account.address, id, through]],
    ['RecorderRetired', [retired.account.address, retired.id, through + 1]],
  ]
  for (const [name, values] of lies) {
    const pdf = await forge(honest, (attachment) => inventEnd(name, values, attachment), given)
    const { failed } = await found(pdf, { blockHash: honest.bundle.block.hash })
    expect([name, ...failed]).toContain('recorder-state')
  }
})

test('when one was stopped a block hash does not prove, and a node does', async () => {
  await it.call('stopRecorder', [retired.account.address])
  const from = await advance(it, 5)
  const { pdf, report } = await makeReport(await order({ from }))
  expect(report.complete).toBe(true)
  const byHash = await found(pdf, { blockHash: report.block.hash })
  expect(byHash).toMatchObject({
    failed: [],
    coverage: { status: 'not-checked', text: expect.stringMatching(/stopped/) },
  })
  const byNode = await found(pdf, { rpcUrl: it.chain.url })
  expect(byNode).toMatchObject({ failed: [], coverage: { status: 'passed' } })
})

test('a stop that is left out fails by a block hash alone', async () => {
  const given = await order()
  const honest = await compiled(given)
  const pdf = await forge(
    honest,
    (attachment) => {
      const { bundle, report } = attachment
      const [stop] = new Interface(ABI).encodeFilterTopics('RecorderStopped', [])
      bundle.logs = bundle.logs.filter(({ topics }) => topics[0] !== stop)
      attachment.report = deriveReport(bundle, report.signer)
    },
    given,
  )
  expect((await found(pdf, { blockHash: honest.bundle.block.hash })).failed).toContain('recorder-state')
})

test('a report that names its signer otherwise than the certificate does fails', async () => {
  const given = await order()
  const change = ({ report }: Attachment): void => {
    report.signer.subject = 'CN=FlyTrap reports, O=Honest Operator'
  }
  const pdf = await forge(await compiled(given), change, given)
  expect((await found(pdf, {})).failed).toContain('certificate-named')
})
