/** @module The kitchen's story, its evidence in a store, and a gateway over both that makes reports with a known signer. */
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { Action } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { type Account, FOREVER } from './chain.ts'
import { storeEvidence } from './evidence-stage.ts'
import { type ChainGateway, startTestGateway } from './gateway.ts'
import { type Story, TOPIC, tellKitchenStory } from './kitchen-story.ts'
import { blockTime } from './recorded-chain.ts'
import { addTestRecorder, type TestRecorder } from './records.ts'
import { tokenFor } from './sign-in.ts'

/** No batch of the story is longer. */
const BATCH = 10

export type Who = 'owner' | 'dashboard' | 'auditor' | 'outsider'

export interface ReportsStage {
  story: Story
  own: TestRecorder
  accounts: Record<Who, Account>
  gateway(): ChainGateway
  /** Records of a topic that stays public: two that anybody sees, and between them a sealed one. */
  tellSealed(topic: string): Promise<void>
  /** Signs everybody in. */
  tokens(): Promise<Record<Who, string>>
  /** Stops the gateway; whoever starts the next one sees what it left. */
  halt(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startReportsStage(): Promise<ReportsStage> {
  const story = await tellKitchenStory()
  const { it, recorder, dashboard, signer } = story
  const [auditor, outsider] = [await it.account(), await it.account()]
  await it.call('setAuditor', [auditor.address, '', FOREVER])
  const own = await addTestRecorder(it)
  // To be found by an erasure of the topic.
  const about = {
    account: dashboard.address,
    topicId: topicIdOf(TOPIC),
    firstAt: Math.floor(Date.now() / 1_000),
    lastAt: Math.floor(Date.now() / 1_000),
  }
  await storeEvidence(own.options.evidencePath, recorder, Array(BATCH).fill(about))
  const signing = { signerDir: dirname(signer.certificatePath), confirmations: 1 }
  const options = { ...own.options, minimumRetentionMs: 0 }
  let isUp = false
  let gateway: ChainGateway
  const start = async (): Promise<void> => {
    gateway = await startTestGateway(it, options, undefined, signing)
    isUp = true
    await gateway.indexed()
  }
  const halt = async (): Promise<void> => {
    isUp = false
    await gateway.stop()
  }
  await start()
  const accounts = { owner: it.owner, dashboard, auditor, outsider } as Record<Who, Account>
  return {
    story,
    own,
    accounts,
    gateway: () => gateway,
    halt,
    restart: start,
    async tellSealed(topic) {
      await it.call('giveTopic', [topic, it.owner.address])
      const open = { account: it.owner.address, topicId: topicIdOf(topic) }
      const facts = { action: Action.PUBLISH, denialReason: 0, countIsLowerBound: false, grantId: 0, span: 0, count: 1 }
      const sealed = { ...facts, ...open, firstAt: await blockTime(it) }
      await recorder.write([open, { action: 0, sealed: true, evidence: { sealed } }, open])
      await storeEvidence(own.options.evidencePath, recorder, Array(BATCH).fill(open))
    },
    async tokens() {
      const pairs = Object.entries(accounts).map(async ([who, key]) => [who, await tokenFor(gateway.url, key)] as const)
      return Object.fromEntries(await Promise.all(pairs)) as Record<Who, string>
    },
    async stop() {
      if (isUp) await halt()
      await story.stop()
      rmSync(own.dir, { recursive: true })
    },
  }
}
