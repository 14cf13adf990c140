/**
 * @module The story that the reports' tests tell: a thermostat publishes, a dashboard with a grant on home/# reads until it
 * is revoked, a stranger is refused; on a real chain, in real batches.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Action, DenialReason, LawfulBasis, Outcome, Right } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { createChainSource } from '../../reports/chain-source.ts'
import type { ReportOrder } from '../../reports/make-report.ts'
import { type FileSigner, openFileSigner } from '../../reports/sign/file-signer.ts'
import { type Account, FOREVER, startTestChain, type TestChain } from './chain.ts'
import { blockTime, type RecordedChain, startRecorder } from './recorded-chain.ts'

export const TOPIC = 'home/kitchen/temperature'
export const PURPOSE = `0x${'5a'.repeat(32)}` as const

export interface Story {
  it: TestChain
  recorder: RecordedChain
  thermostat: Account
  dashboard: Account
  stranger: Account
  signer: FileSigner
  order(topicFilter?: string): ReportOrder
  stop(): Promise<void>
}

export async function tellKitchenStory(): Promise<Story> {
  const it = await startTestChain()
  const signer = await temporarySigner(it)
  const [recorderAccount, thermostat, dashboard, stranger] = [
    await it.account(),
    await it.account(),
    await it.account(),
    await it.account(),
  ]
  const recorder = await startRecorder(it, recorderAccount)
  await it.call('giveTopic', ['home', it.owner.address])
  await it.call('registerTopic', ['home/#'])
  await it.call('registerTopic', [TOPIC])
  await it.call('grant', [TOPIC, thermostat.address, Right.PUBLISH, FOREVER, LawfulBasis.CONTRACT, PURPOSE])
  const until = (await blockTime(it)) + 30 * 86_400
  await it.call('grant', ['home/#', dashboard.address, Right.SUBSCRIBE, until, LawfulBasis.CONSENT, PURPOSE])

  const thermostatIs = { clientId: 'thermostat-1', address: '192.0.2.17', mqttVersion: 5 } as const
  const dashboardIs = { clientId: 'wall <dashboard>', address: '2001:db8::7', mqttVersion: 4 } as const
  const decided = await evidenceBlock(it)
  const start = await advance(it, 20)
  const published = { account: thermostat.address, topicId: topicIdOf(TOPIC), grantId: 1 }
  const read = { account: dashboard.address, topicId: topicIdOf('home/#'), grantId: 2 }
  await recorder.write(
    [
      { action: Action.CONNECT, account: thermostat.address, evidence: { ...thermostatIs, ...decided } },
      {
        action: Action.SUBSCRIBE,
        ...read,
        firstAt: start - 18,
        evidence: { ...dashboardIs, ...decided, names: [{ name: 'home/#', count: 1 }] },
      },
      {
        action: Action.PUBLISH,
        ...published,
        firstAt: start - 16,
        span: 9,
        count: 12,
        evidence: { ...thermostatIs, ...decided, bytes: 48, names: [{ name: TOPIC, count: 12 }] },
      },
      {
        action: Action.DELIVER,
        ...read,
        firstAt: start - 16,
        span: 10,
        count: 15,
        evidence: {
          ...dashboardIs,
          ...decided,
          names: [
            { name: TOPIC, count: 12 },
            { name: 'home/garden/rain', count: 3 },
          ],
        },
      },
      {
        action: Action.DELIVER,
        ...read,
        firstAt: start - 5,
        span: 2,
        count: 2,
        evidence: { ...dashboardIs, ...decided, names: [{ name: 'home/garden/rain', count: 2 }] },
      },
    ],
    { through: start - 2, builtAt: start },
  )
  const refusal = { outcome: Outcome.DENIED, account: stranger.address, topicId: topicIdOf(TOPIC) } as const
  const strangerIs = { clientId: '=cmd|\u202e\u001b[31m"x"', address: '198.51.100.9' }
  const later = await advance(it, 8)
  await recorder.write(
    [
      {
        ...refusal,
        action: Action.SUBSCRIBE,
        denialReason: DenialReason.NO_GRANT,
        firstAt: later - 6,
        count: 2,
        span: 3,
        evidence: { ...strangerIs, ...decided, names: [{ name: TOPIC, count: 2 }] },
      },
      {
        ...refusal,
        action: Action.PUBLISH,
        topicId: topicIdOf('home'),
        denialReason: DenialReason.NO_GRANT,
        firstAt: later - 5,
        count: 9,
        span: 2,
        countIsLowerBound: true,
        evidence: { ...strangerIs, ...decided, unnamed: 9 },
      },
      {
        action: Action.PUBLISH,
        account: it.owner.address,
        topicId: topicIdOf('home'),
        firstAt: later - 4,
        evidence: { clientId: 'owner', ...decided, names: [{ name: 'home/kitchen/light', count: 1 }] },
      },
    ],
    { through: later - 1, builtAt: later },
  )
  await it.call('revoke', ['home/#', dashboard.address, Right.SUBSCRIBE])
  const after = await evidenceBlock(it)
  const end = await advance(it, 6)
  await recorder.write(
    [
      {
        action: Action.DELIVER,
        outcome: Outcome.DENIED,
        denialReason: DenialReason.GRANT_REVOKED,
        account: dashboard.address,
        topicId: topicIdOf(TOPIC),
        grantId: 2,
        firstAt: end - 4,
        count: 3,
        span: 2,
        evidence: { ...dashboardIs, ...after, names: [{ name: TOPIC, count: 3 }] },
      },
    ],
    { through: end - 1, builtAt: end },
  )
  const deployment = { chainId: it.chain.chainId, contract: it.contract.address, deployBlock: it.contract.deployBlock }
  return {
    it,
    recorder,
    thermostat,
    dashboard,
    stranger,
    signer,
    order: (topicFilter = TOPIC) => ({
      question: { topicFilter },
      source: createChainSource(it.chain.rpc, it.contract.address, recorder.evidence),
      deployment,
      confirmations: 1,
      signer,
      signedAt: end + 5,
    }),
    async stop() {
      rmSync(dirname(signer.certificatePath), { recursive: true })
      await it.stop()
    },
  }
}

/** A signer in a folder of its own, registered in the contract. */
export async function temporarySigner(it: TestChain): Promise<FileSigner> {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-signer-'))
  const signer = openFileSigner({ dir, now: await blockTime(it) })
  await it.call('setReportSigner', [signer.spkiHash, signer.notBefore, signer.notAfter])
  return signer
}

export async function evidenceBlock(it: TestChain) {
  const block = await it.chain.rpc.request<{ number: string; hash: `0x${string}` }>('eth_getBlockByNumber', [
    'latest',
    false,
  ])
  return { block: { number: Number(block.number), hash: block.hash } }
}

/** Moves the chain's clock on, by a block of its own; returns its time. */
export async function advance(it: TestChain, seconds: number): Promise<number> {
  await it.chain.rpc.request('evm_increaseTime', [seconds])
  await it.chain.rpc.request('evm_mine', [])
  return blockTime(it)
}
