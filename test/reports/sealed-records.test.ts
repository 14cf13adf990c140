import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DenialReason, Outcome, Right } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { openEvidence } from '../../records/store/open-store.ts'
import { createChainSource } from '../../reports/chain-source.ts'
import type { Viewer } from '../../reports/compile/viewer.ts'
import { makeReport } from '../../reports/make-report.ts'
import { remakeReport } from '../../reports/remake.ts'
import { verifyReport } from '../../reports/verify/verify-report.ts'
import { startTestChain, type TestChain } from '../support/chain.ts'
import { PURPOSE, temporarySigner } from '../support/kitchen-story.ts'
import { blockTime, type RecordedChain, startRecorder } from '../support/recorded-chain.ts'
import { accessOf, addTestRecorder } from '../support/records.ts'

let it: TestChain
beforeAll(async () => {
  it = await startTestChain()
})
afterAll(() => it.stop())

test('sealed records are rows where their evidence says so; those of other topics stay closed, and it is told', async () => {
  const sealing = await addTestRecorder(it)
  const closed = await sealing.open({ anchorEveryMs: 60_000, capture: () => ({ windowMs: 0, isSealed: true }) })
  const [patient, other] = [await it.account(), await it.account()]
  await it.call('giveTopic', ['ward', it.owner.address])
  await it.call('registerTopic', ['ward/7'])
  await it.call('grant', ['ward/7', patient.address, Right.PUBLISH, 2 ** 40 - 1, 1, PURPOSE])
  const [, grantId] = await it.read('grantOf', [topicIdOf('ward/7'), patient.address, Right.PUBLISH])
  const pulse = accessOf({ account: patient.address, topicId: topicIdOf('ward/7'), grantId: Number(grantId) })
  await closed.journal.record({ ...pulse, evidence: { clientId: 'pulse', names: [{ name: 'ward/7', count: 1 }] } })
  const denied = { outcome: Outcome.DENIED, denialReason: DenialReason.NO_GRANT, topicId: topicIdOf('ward') } as const
  await closed.journal.record(
    accessOf({ ...denied, account: other.address, evidence: { names: [{ name: 'ward/8', count: 1 }] } }),
  )
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  await closed.flush(10_000)

  const reader = await openEvidence(sealing.options.evidencePath)
  const signer = await temporarySigner(it)
  const { address: contract, deployBlock } = it.contract
  const make = (viewer?: Viewer) =>
    makeReport({
      question: { topicFilter: 'ward/7' },
      source: createChainSource(it.chain.rpc, contract, (id, seq) => reader.batch(id, seq)),
      deployment: { chainId: it.chain.chainId, contract, deployBlock },
      confirmations: 1,
      signer,
      signedAt: signer.notBefore + 90_000,
      ...(viewer && { viewer }),
    })
  const whole = await make()
  const asked: unknown[] = []
  const narrow = await make({
    account: other.address,
    async mayOpen({ account }, filter, isSealed) {
      asked.push([filter, isSealed])
      return account === other.address
    },
  })
  expect(asked).toEqual([['ward/7', true]])
  reader.close()
  await closed.stop()
  const row = {
    account: patient.address,
    action: 'PUBLISH',
    grantId,
    clientId: 'pulse',
    sealed: true,
    relation: 'certain',
  }
  expect(whole.report.rows).toMatchObject([row])
  expect(whole.report.counts).toMatchObject({ unsealed: 1, sealed: 2 }) // its POLICY, and what was refused
  expect(whole.evidence).toEqual([{ recorderId: whole.report.rows[0]?.recorderId, seq: whole.report.rows[0]?.seq }])
  expect(narrow.report).toMatchObject({ rows: [], counts: { unsealed: 0, sealed: 3, withheld: 0 } })
  for (const { pdf } of [whole, narrow]) {
    const verdict = await verifyReport(pdf, { remake: remakeReport, rpcUrl: it.chain.url })
    const open = verdict.findings.filter(({ status }) => status !== 'passed').map(({ name, status }) => [name, status])
    expect(open).toEqual([['sealed', 'not-checked']])
  }
})

describe('a sealed record', () => {
  const facts = { action: 4, denialReason: 0, countIsLowerBound: false, grantId: 0, span: 0, count: 1 } as const
  let hand: RecordedChain
  let signer: Awaited<ReturnType<typeof temporarySigner>>
  const report = (evidence: RecordedChain['evidence']) => {
    const { address: contract, deployBlock } = it.contract
    return makeReport({
      question: { topicFilter: 'attic', to: signer.notBefore + 200_000 },
      source: createChainSource(it.chain.rpc, contract, evidence),
      deployment: { chainId: it.chain.chainId, contract, deployBlock },
      confirmations: 1,
      signer,
      signedAt: signer.notBefore + 90_000,
    })
  }
  const sealedAt = (firstAt: number) => ({
    action: 0 as const,
    sealed: true,
    evidence: { sealed: { ...facts, account: it.owner.address, topicId: topicIdOf('attic'), firstAt } },
  })

  beforeAll(async () => {
    await it.call('giveTopic', ['attic', it.owner.address])
    hand = await startRecorder(it, await it.account())
    signer = await temporarySigner(it)
  })

  test('whose stored text was altered stops the report, whatever the text now says', async () => {
    await it.chain.rpc.request('evm_increaseTime', [30])
    await it.chain.rpc.request('evm_mine', [])
    await hand.write([sealedAt(await blockTime(it))])
    expect((await report(hand.evidence)).report.rows).toMatchObject([{ filter: 'attic', sealed: true }])
    for (const text of ['{}', 'no JSON', '{"sealed":{"topicId":"0x00"}}']) {
      const altered = async (id: number, seq: number) =>
        (await hand.evidence(id, seq))?.map((entry) => ({ ...entry, text }))
      await expect(report(altered)).rejects.toMatchObject({ code: 'EVIDENCE_DAMAGED' })
    }
  })

  test('that is dated before a watermark which should hold it convicts its recorder once it is open', async () => {
    const covered = await blockTime(it)
    await it.chain.rpc.request('evm_increaseTime', [30])
    await it.chain.rpc.request('evm_mine', [])
    await hand.write([])
    await hand.write([sealedAt(covered + 5)])
    const { pdf } = await report(hand.evidence)
    const { findings } = await verifyReport(pdf, { remake: remakeReport })
    expect(findings.filter(({ status }) => status === 'failed').map(({ name }) => name)).toEqual(['watermarks'])
  })
})
