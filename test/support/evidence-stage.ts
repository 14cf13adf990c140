/** @module A gateway with a recorder of its own, over accesses whose evidence is in the store, and people of each role. */
import { rmSync } from 'node:fs'
import { type Address, fromHex, toHex, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, LawfulBasis } from '../../domain/enums.ts'
import { purposeHash } from '../../domain/evidence.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { openEvidenceStore } from '../../records/store/open-store.ts'
import type { EvidenceSubject } from '../../records/store/port.ts'
import { type Account, FOREVER, startTestChain, type TestChain } from './chain.ts'
import { type ChainGateway, startTestGateway } from './gateway.ts'
import { type RecordedChain, startRecorder } from './recorded-chain.ts'
import { addTestRecorder, type TestRecorder } from './records.ts'

export interface EvidenceStage {
  it: TestChain
  gateway: ChainGateway
  /** The hand that wrote the accesses, and the gateway's own recorder. */
  recorder: RecordedChain
  own: TestRecorder
  device: Account
  stranger: Account
  /** Of `home` alone, and of all topics. */
  homeAuditor: Account
  auditor: Account
  purpose: { lang: string; text: string; salt: `0x${string}` }
  stop(): Promise<void>
}

/** Records 1 to 4: a publish on home, a stranger's connect, a sealed publish of the device on home, one on office. */
export async function startEvidenceStage(): Promise<EvidenceStage> {
  const it = await startTestChain()
  const [device, stranger, homeAuditor, auditor] = [
    await it.account(),
    await it.account(),
    await it.account(),
    await it.account(),
  ]
  const purpose = { lang: 'en', text: 'Measure the kitchen’s temperature', salt: `0x${'5a'.repeat(32)}` } as const
  await it.call('giveTopic', ['home', it.owner.address])
  await it.call('giveTopic', ['office', stranger.address])
  const commitment = toHex(purposeHash(fromHex(purpose.salt), purpose))
  await it.call('grant', ['home', device.address, 1, FOREVER, LawfulBasis.CONTRACT, commitment])
  await it.call('setAuditor', [homeAuditor.address, 'home', FOREVER])
  await it.call('setAuditor', [auditor.address, '', FOREVER])
  const recorder = await startRecorder(it, await it.account())
  const home = topicIdOf('home')
  await recorder.write([
    { account: device.address, topicId: home, evidence: { clientId: 'oven', names: [{ name: 'home', count: 1 }] } },
    { account: stranger.address, action: Action.CONNECT, evidence: { clientId: 'spy', address: '203.0.113.9' } },
    {
      action: 0,
      sealed: true,
      evidence: { clientId: 'safe', sealed: { ...SEALED, account: device.address, topicId: home } },
    },
    { account: device.address, topicId: topicIdOf('office') },
  ])
  const own = await addTestRecorder(it)
  const subject = (account: Address, topicId = ZERO_BYTES32) => ({
    account,
    topicId,
    firstAt: Math.floor(Date.now() / 1_000),
    lastAt: Math.floor(Date.now() / 1_000),
  })
  await storeEvidence(own.options.evidencePath, recorder, [
    subject(device.address, home),
    subject(stranger.address),
    subject(device.address, home),
    subject(device.address, topicIdOf('office')),
  ])
  const gateway = await startTestGateway(it, { ...own.options, minimumRetentionMs: 0 })
  await gateway.indexed()
  return {
    it,
    gateway,
    recorder,
    own,
    device,
    stranger,
    homeAuditor,
    auditor,
    purpose,
    async stop() {
      await gateway.stop()
      await it.stop()
      rmSync(own.dir, { recursive: true })
    },
  }
}

const NOBODY: EvidenceSubject = { account: ZERO_ADDRESS, topicId: ZERO_BYTES32, firstAt: 0, lastAt: 0 }
const SEALED = {
  action: Action.PUBLISH,
  denialReason: 0,
  countIsLowerBound: false,
  grantId: 1,
  firstAt: 1,
  span: 0,
  count: 1,
}

/** What the recorder's courier does once a batch is final. */
export async function storeEvidence(
  where: string,
  { id, stored }: RecordedChain,
  subjects: readonly EvidenceSubject[],
): Promise<void> {
  const store = await openEvidenceStore(where)
  for (const [first, batch] of stored) {
    const place = { recorderId: id, batchFirstSeq: first, batchCount: batch.length }
    await store.put(batch.map((row, i) => ({ ...row, ...place, subject: subjects[i] ?? NOBODY })))
  }
  store.close()
}
