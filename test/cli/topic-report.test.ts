import { existsSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { anchoringOf } from '../../cli/actions/anchoring.ts'
import { writeTopicReport } from '../../cli/actions/topic-report.ts'
import { withEvidence } from '../../cli/home/evidence-place.ts'
import { openOrMakeHome } from '../../cli/home/home.ts'
import { untilIssued } from '../../cli/up/until-issued.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { ReportKind } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import type { GatewayRecorderStatus } from '../../gateway/recorder/port.ts'
import { IssueFile } from '../../records/issue/issue-file.ts'
import { JOURNAL_SCHEMA, openDatabase } from '../../records/journal/database.ts'
import { storeEvidence } from '../support/evidence-stage.ts'
import { newHome } from '../support/flytrap.ts'
import { TOPIC, tellKitchenStory } from '../support/kitchen-story.ts'

test('a report whose evidence is erased while it is made is not handed out; the next one goes without it', async () => {
  const story = await tellKitchenStory()
  const { it, thermostat, recorder } = story
  const home = openOrMakeHome(newHome())
  onTestFinished(async () => {
    rmSync(dirname(home.dir), { recursive: true })
    await story.stop()
  })
  const evidence = home.path('evidence.sqlite')
  const about = { account: thermostat.address, topicId: topicIdOf(TOPIC), firstAt: 1, lastAt: 1 }
  await storeEvidence(evidence, recorder, Array(10).fill(about))
  /** The proof is what is asked for last. */
  const erasing: Rpc = {
    ...it.chain.rpc,
    async request(method, params) {
      if (method === 'eth_getProof') await withEvidence(evidence, (store) => store.erase({ before: 1 }))
      return it.chain.rpc.request(method, params)
    },
  }
  const { address: contract, deployBlock } = it.contract
  const deployment = { chainId: it.chain.chainId, contract, deployBlock, embedded: true }
  const order = { home, evidence, deployment, topicFilter: TOPIC, file: home.path('report.pdf') }
  await expect(writeTopicReport({ ...order, rpc: erasing })).rejects.toMatchObject({ code: 'EVIDENCE_ERASED' })
  expect(existsSync(order.file)).toBe(false)
  const { evidence: carried, report } = await writeTopicReport({ ...order, rpc: it.chain.rpc })
  expect([carried, report.counts.erased]).toEqual([[], report.rows.length])
  expect(existsSync(order.file)).toBe(true)
}, 300_000)

describe('a report’s hash, where nothing runs on the home,', () => {
  const report = { reportHash: `0x${'a7'.repeat(32)}`, kind: ReportKind.TOPIC_ACCESS } as const
  const homeOf = () => {
    const home = openOrMakeHome(newHome())
    onTestFinished(() => rmSync(dirname(home.dir), { recursive: true }))
    return home
  }

  test('waits in the gateway’s journal for the next start', async () => {
    const home = homeOf()
    const path = home.path('gateway.sqlite')
    openDatabase({ path, schema: JOURNAL_SCHEMA }).sqlite.close()
    const anchoring = anchoringOf(home)
    await anchoring.note(report)
    expect(await anchoring.settled(report)).toMatchObject({
      state: 'SIGNED',
      reason: expect.stringMatching(/next .*up/),
    })
    const { sqlite, db } = openDatabase({ path, schema: JOURNAL_SCHEMA })
    expect(new IssueFile(db).open()).toMatchObject([{ ...report, place: null }])
    sqlite.close()
  })

  test('stays signed where no gateway ever ran, and it says what to do', async () => {
    const anchoring = anchoringOf(homeOf())
    await anchoring.note(report)
    expect(await anchoring.settled(report)).toMatchObject({
      state: 'SIGNED',
      reason: expect.stringMatching(/has never run/),
    })
  })
})

describe('a report that is waited for', () => {
  const issue = {
    reportHash: `0x${'a7'.repeat(32)}`,
    kind: ReportKind.TOPIC_ACCESS,
    isFinal: false,
    fromBlock: 1,
  } as const
  const place = { block: 7, transaction: `0x${'77'.repeat(32)}` } as const
  const recorder = (places: (typeof place | null)[], trouble: string | null = null) => ({
    reportIssue: async () => ({ ...issue, place: places.shift() ?? null }),
    status: () => ({ isOpen: true, records: { issues: { trouble } } }) as unknown as GatewayRecorderStatus,
  })

  test('is told with its block once it has one, else why it waits', async () => {
    const anchored = { state: 'ANCHORED', ...place }
    expect(await untilIssued(recorder([null, null, place]), issue.reportHash)).toEqual(anchored)
    const reason = 'The recorder has no ETH for gas.'
    expect(await untilIssued(recorder([], reason), issue.reportHash)).toEqual({ state: 'SIGNED', reason })
  })
})
