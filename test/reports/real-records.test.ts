import { afterAll, beforeAll, expect, test } from 'vitest'
import { Action, DenialReason, Outcome, Right } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import type { Records } from '../../records/port.ts'
import { openEvidence } from '../../records/store/open-store.ts'
import { createChainSource } from '../../reports/chain-source.ts'
import { makeReport } from '../../reports/make-report.ts'
import { remakeReport } from '../../reports/remake.ts'
import { verifyReport } from '../../reports/verify/verify-report.ts'
import { startTestChain, type TestChain } from '../support/chain.ts'
import { PURPOSE, temporarySigner } from '../support/kitchen-story.ts'
import { startRecorder } from '../support/recorded-chain.ts'
import { accessOf, addTestRecorder, type TestRecorder } from '../support/records.ts'

const TOPIC = 'home/kitchen/temperature'
let it: TestChain
let recorder: TestRecorder
let records: Records

beforeAll(async () => {
  it = await startTestChain()
  recorder = await addTestRecorder(it)
  // Nothing is anchored but by flush: a batch built in its records' own second would end before them.
  records = await recorder.open({ anchorEveryMs: 60_000 })
})
afterAll(async () => {
  await records.stop()
  await it.stop()
})

test('a report over what the records part wrote, its evidence read from the store, passes every finding', async () => {
  const [thermostat, stranger] = [await it.account(), await it.account()]
  await it.call('giveTopic', ['home', it.owner.address])
  await it.call('registerTopic', ['home/#'])
  await it.call('grant', ['home/#', thermostat.address, Right.PUBLISH, 2 ** 40 - 1, 2, PURPOSE])
  const signer = await temporarySigner(it)

  const topicId = topicIdOf('home/#')
  const use = { name: TOPIC, bytes: 4, qos: 1 as const }
  const access = accessOf({
    account: thermostat.address,
    topicId,
    grantId: 1,
    evidence: { clientId: 'thermostat-1', address: '192.0.2.17' },
  })
  const window = records.journal.window(access, use)
  await window.durable
  for (let i = 0; i < 4; i++) window.add(use)
  records.journal.closeConnection(1)
  const refusal = { outcome: Outcome.DENIED, denialReason: DenialReason.NO_GRANT, account: stranger.address } as const
  await records.journal.record(
    accessOf({
      ...refusal,
      action: Action.SUBSCRIBE,
      topicId: topicIdOf('home'),
      evidence: { names: [{ name: TOPIC, count: 1 }] },
    }),
  )
  // A watermark never covers the second that it was built in.
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  await records.flush(10_000)

  const reader = await openEvidence(recorder.options.evidencePath)
  const { address: contract, deployBlock } = it.contract
  const made = await makeReport({
    question: { topicFilter: TOPIC },
    source: createChainSource(it.chain.rpc, contract, (id, seq) => reader.batch(id, seq)),
    deployment: { chainId: it.chain.chainId, contract, deployBlock },
    confirmations: 1,
    signer,
    signedAt: signer.notBefore + 90_000,
  })
  reader.close()
  expect(
    made.report.rows
      .map(({ account, outcome, names, count, clientId }) => ({ account, outcome, names, count, clientId }))
      .sort((a, b) => a.outcome.localeCompare(b.outcome)), // a window that closes may come after what closed it
  ).toEqual([
    {
      account: thermostat.address,
      outcome: 'ALLOWED',
      names: [{ name: TOPIC, count: 5 }],
      count: 5,
      clientId: 'thermostat-1',
    },
    { account: stranger.address, outcome: 'DENIED', names: [{ name: TOPIC, count: 1 }], count: 1, clientId: null },
  ])
  const verdict = await verifyReport(made.pdf, { remake: remakeReport, rpcUrl: it.chain.url, strict: true })
  expect(verdict.findings.filter(({ status }) => status !== 'passed')).toEqual([])
})

test('a recorder that retired holds no report back, and one that was stopped leaves its period incomplete', async () => {
  const [retired, stopped] = [await startRecorder(it, await it.account()), await startRecorder(it, await it.account())]
  await advance(30)
  await retired.write([])
  await stopped.write([])
  await advance(5)
  await it.call('stopRecorder', [stopped.account.address])
  await it.call('retireRecorder', [retired.account.address])
  await advance(30)
  await retired.write([])
  await records.journal.record(accessOf({ action: Action.CONNECT }))
  await records.flush(10_000)

  const signer = await temporarySigner(it)
  const { address: contract, deployBlock } = it.contract
  const made = await makeReport({
    question: { topicFilter: TOPIC },
    source: createChainSource(it.chain.rpc, contract, async () => undefined),
    deployment: { chainId: it.chain.chainId, contract, deployBlock },
    confirmations: 1,
    signer,
    signedAt: signer.notBefore + 90_000,
  })
  const states = made.report.recorders.map(({ state, complete }) => ({ state, complete }))
  expect(states).toEqual([
    { state: 'ACTIVE', complete: true },
    { state: 'RETIRED', complete: true },
    { state: 'STOPPED', complete: made.report.question.to <= made.report.recorders[2]!.through },
  ])
  const verdict = await verifyReport(made.pdf, { remake: remakeReport, rpcUrl: it.chain.url })
  expect(verdict.findings.filter(({ status }) => status === 'failed')).toEqual([])
})

test('evidence that is as recorded, but not of the shape of evidence, narrows nothing and is told', async () => {
  const recorder = await startRecorder(it, await it.account())
  await advance(30)
  const names = 'all of them' as never
  const denied = { outcome: Outcome.DENIED, denialReason: DenialReason.NO_GRANT, topicId: topicIdOf('home') } as const
  await recorder.write([{ ...denied, evidence: { names } }])
  await advance(5)
  await recorder.write([])
  const signer = await temporarySigner(it)
  const { address: contract, deployBlock } = it.contract
  const made = await makeReport({
    question: { topicFilter: TOPIC, from: signer.notBefore, to: signer.notBefore + 86_400 },
    source: createChainSource(it.chain.rpc, contract, recorder.evidence),
    deployment: { chainId: it.chain.chainId, contract, deployBlock },
    confirmations: 1,
    signer,
    signedAt: signer.notBefore + 90_000,
  })
  const row = made.report.rows.find(({ recorderId }) => recorderId === recorder.id)
  expect(row).toMatchObject({ evidence: 'MALFORMED', relation: 'possible', names: null })
  const verdict = await verifyReport(made.pdf, { remake: remakeReport, rpcUrl: it.chain.url })
  expect(verdict.findings.filter(({ status }) => status === 'failed')).toEqual([])
})

async function advance(seconds: number): Promise<void> {
  await it.chain.rpc.request('evm_increaseTime', [seconds])
  await it.chain.rpc.request('evm_mine', [])
}
