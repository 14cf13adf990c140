/** A recorder that never wrote: a report that lies about when it was added, proven wrong by a block hash alone. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deriveReport } from '../../reports/compile/derive.ts'
import { makeReport, type ReportOrder } from '../../reports/make-report.ts'
import { decodeBundleLog } from '../../reports/verify/format/raw-log.ts'
import type { Attachment } from '../../reports/verify/format/report.ts'
import { headerHash } from '../../reports/verify/header.ts'
import { compiled, forge } from '../support/forge-report.ts'
import { advance } from '../support/kitchen-story.ts'
import { startRecorder } from '../support/recorded-chain.ts'
import { found, type ReportChain, startReportChain } from '../support/report-chain.ts'

let chain: ReportChain
let order: ReportOrder

/** One recorder serves on; the other was added and never wrote a batch. */
beforeAll(async () => {
  chain = await startReportChain()
  const { it } = chain
  await it.call('giveTopic', ['home', it.owner.address])
  const standing = await startRecorder(it, await it.account())
  await startRecorder(it, await it.account())
  const to = await advance(it, 20)
  await advance(it, 5)
  await standing.write([])
  await advance(it, 1)
  order = await chain.order(standing, { topicFilter: 'home', to })
})
afterAll(() => chain.stop())

/** Moves the adding of the silent recorder into an invented block behind the period. */
function addLater(attachment: Attachment): void {
  const { bundle, report } = attachment
  const silent = bundle.recorders.find(({ batches }) => batches.length === 0)
  const i = bundle.logs.findIndex((log) => {
    const event = decodeBundleLog(log, bundle.deployment.contract)
    return event?.name === 'RecorderAdded' && event.args.recorder === silent?.recorder
  })
  const [log] = bundle.logs.splice(i, 1)
  if (log === undefined) throw new Error('no log')
  const [number, timestamp] = [bundle.block.number - 1, bundle.question.to + 1]
  const header = {
    ...bundle.block.header,
    number: `0x${number.toString(16)}`,
    timestamp: `0x${timestamp.toString(16)}`,
  }
  const hash = headerHash(header) ?? '0x'
  const left = bundle.blocks.filter((b) => b.number < number && bundle.logs.some((l) => l.blockNumber === b.number))
  bundle.blocks = [...left, { ...bundle.block, number, timestamp, hash, header }]
  bundle.logs.push({ ...log, blockNumber: number, blockHash: hash })
  attachment.report = deriveReport(bundle, report.signer)
}

test('an honest report over a recorder that never wrote is not complete, and passes', async () => {
  const { pdf, report } = await makeReport(order)
  expect(report.complete).toBe(false)
  expect((await found(pdf, { blockHash: report.block.hash })).failed).toEqual([])
  expect((await found(pdf, { rpcUrl: chain.it.chain.url })).failed).toEqual([])
})

test('one that adds it after the period fails by a block hash alone', async () => {
  const honest = await compiled(order)
  let complete: boolean | undefined
  const pdf = await forge(
    honest,
    (attachment) => {
      addLater(attachment)
      complete = attachment.report.complete
    },
    order,
  )
  expect(complete).toBe(true)
  expect((await found(pdf, { blockHash: honest.bundle.block.hash })).failed).toEqual(['recorder-state'])
})
