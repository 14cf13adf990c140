import { getAddress } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BatchHeader } from '../../domain/head.ts'
import { foldHead, seedHead } from '../../domain/head.ts'
import { QUESTIONS } from '../../gateway/playground/questions.ts'
import { type AuditStory, tellAuditStory } from '../support/audit-story.ts'
import { type Answer, type ChainGateway, startTestGateway } from '../support/gateway.ts'
import { recordsHashOf } from '../support/records-hash.ts'

let story: AuditStory
let gateway: ChainGateway

beforeAll(async () => {
  story = await tellAuditStory()
  gateway = await startTestGateway(story.it)
  await gateway.indexed()
})
afterAll(async () => {
  await gateway?.stop()
  await story?.it.stop()
})

const RECORD = `who { address } what { filter owner { address } } match action outcome denialReason sealed topicId
  when { count first last countIsLowerBound } why { id right lawfulBasis grantor { address } until }
  proof { sequence head transaction block { number hash } recorder { id address head }
    batch { firstSequence count recordsHash evidenceRoot through builtAt head transaction } }
  evidence { status reason }`
type Rows = NonNullable<Answer['data']>[]

const records = async (where: object, more: object = {}): Promise<Rows> => {
  const query = `query($where: AccessWhere, $asOf: AsOf) { accessRecords(where: $where, asOf: $asOf) { nodes { ${RECORD} } } }`
  const { data, errors } = await gateway.ask(query, { where, ...more })
  expect(errors).toBeUndefined()
  return data.accessRecords.nodes
}
/** The story's words for the rows, with how surely each matches. */
const told = (rows: Rows): string[] =>
  rows.map(({ proof, match }) => `${match} ${story.told[Number(proof.sequence) - 1]}`).sort()

describe('accessRecords', () => {
  test('answers who accessed what, when and why, with proof', async () => {
    const { device, it } = story
    const [row] = await records({ topic: 'home/bath', account: device.address, outcome: 'ALLOWED' })
    expect(row).toMatchObject({
      who: { address: getAddress(device.address) },
      what: { filter: 'home/#', owner: null },
      action: 'PUBLISH',
      denialReason: null,
      when: { count: 1, countIsLowerBound: false },
      why: {
        right: 'PUBLISH',
        lawfulBasis: 'CONTRACT',
        until: null,
        grantor: { address: getAddress(it.owner.address) },
      },
      evidence: { status: 'WITHHELD' },
    })
  })

  test('finds all that the chain does not rule out for a concrete name, and nothing else', async () => {
    expect(told(await records({ topic: 'home/kitchen/temperature' }))).toEqual([
      'POSSIBLE by the owner of home',
      'POSSIBLE denied under home',
      'POSSIBLE denied under home, naming a grant',
      'POSSIBLE denied under nothing',
      'POSSIBLE granted on home/#',
      'POSSIBLE granted on home/kitchen/#',
      'POSSIBLE of a broken recorder',
    ])
  })

  test('is certain of what lies within the topic asked for', async () => {
    const rows = told(await records({ topic: 'home/#' }))
    expect(rows.filter((row) => row.startsWith('CERTAIN'))).toEqual([
      'CERTAIN by the owner of home',
      'CERTAIN denied under home',
      'CERTAIN denied under home, naming a grant',
      'CERTAIN granted on home',
      'CERTAIN granted on home/#',
      'CERTAIN granted on home/kitchen/#',
      'CERTAIN of a broken recorder',
    ])
    expect(rows.filter((row) => row.startsWith('POSSIBLE'))).toEqual(['POSSIBLE denied under nothing'])
  })

  test('finds a filter that overlaps without either covering the other', async () => {
    expect(told(await records({ topic: 'home/+/temperature', outcome: 'ALLOWED' }))).toContain(
      'POSSIBLE granted on home/kitchen/#',
    )
  })

  test('shows what a broken recorder wrote as UNKNOWN, beside all else', async () => {
    const [row] = await records({ outcome: 'UNKNOWN' })
    expect(row).toMatchObject({
      action: 'UNKNOWN',
      outcome: 'UNKNOWN',
      denialReason: 'UNKNOWN',
      who: null,
      match: null,
    })
    expect(await records({})).toHaveLength(story.told.length)
  })

  test('shows of a sealed record its outcome alone', async () => {
    const [row] = (await records({ outcome: 'DENIED' })).filter(({ sealed }) => sealed)
    expect(row).toMatchObject({ who: null, what: null, why: null, action: 'UNKNOWN', denialReason: null })
  })

  test('takes null for a condition that is not given', async () => {
    const nothing = { topic: null, topicId: null, account: null, action: null, from: null, recorder: null }
    expect(await records(nothing, { asOf: null })).toHaveLength(story.told.length)
    expect(await gateway.codeOf('{ topics(where: { owner: null }) { nodes { id } } }')).toBeUndefined()
  })

  test('proves each record by the batch that holds it, and the batches by their fold into the head', async () => {
    const { it, recorder } = story
    const rows = await records({})
    const batches = new Map(rows.map(({ proof: { batch } }) => [Number(batch.firstSequence), batch]))
    let head = seedHead(it.chain.chainId, it.contract.address, recorder.account.address)
    for (const [firstSeq, batch] of [...batches].sort(([a], [b]) => a - b)) {
      const mine = rows.filter(({ proof }) => proof.batch.firstSequence === batch.firstSequence)
      expect(mine).toHaveLength(batch.count)
      const [through, builtAt] = [Date.parse(batch.through) / 1_000, Date.parse(batch.builtAt) / 1_000]
      const header: BatchHeader = { ...batch, firstSeq: BigInt(firstSeq), through, builtAt }
      expect(header.recordsHash).toBe(await recordsHashOf(it, batch.transaction))
      head = foldHead(head, header)
      expect(mine.map(({ proof }) => [proof.head, batch.head])).toEqual(mine.map(() => [head, head]))
    }
    const [, , , , , onChain] = await it.read('recorders', [recorder.account.address])
    expect([head, rows[0].proof.recorder.head]).toEqual([onChain, onChain])
  })
})

describe('the contract’s state', () => {
  test('hangs together from a wallet to its topics, grants and purposes', async () => {
    const { data } = await gateway.ask(
      `query($owner: Address!, $device: Address!) {
        owner: wallet(address: $owner) { address topics { filter grants(first: 1) { grantee { address } } } }
        device: wallet(address: $device) { grants { right topic { filter registeredBy { address } } purpose { commitment } endedAt endedBy { address } } } }`,
      { owner: story.it.owner.address.toUpperCase().replace('0X', '0x'), device: story.device.address },
    )
    const owner = getAddress(story.it.owner.address)
    expect(data.owner.address).toBe(owner)
    expect(data.owner.topics.map(({ filter }: { filter: string }) => filter)).toEqual(['home/kitchen', 'home'])
    expect(data.device.grants).toHaveLength(4)
    expect(data.device.grants[0]).toMatchObject({ topic: { filter: 'home/kitchen/#' }, endedBy: { address: owner } })
    expect(data.device.grants[1]).toMatchObject({ topic: { registeredBy: { address: owner } }, endedAt: null })
  })

  test('finds a topic by filter or id, and a grant by number', async () => {
    const { data } = await gateway.ask(
      '{ topic(filter: "home/#") { id grants { id } } none: topic(filter: "x") { id } }',
    )
    const { id, grants } = data.topic
    const again = await gateway.ask(`{ topic(id: "${id}") { filter } grant(id: "${grants[0].id}") { topic { id } } }`)
    expect(again.data).toEqual({ topic: { filter: 'home/#' }, grant: { topic: { id } } })
    expect(data.none).toBeNull()
    expect(await gateway.codeOf('{ topic { id } }')).toBe('BAD_TOPIC')
  })
})

describe('the ready questions', () => {
  test.each(QUESTIONS.map((question) => [question.split('\n')[0], question]))('%s', async (_, question) => {
    const { data, errors } = await gateway.ask(question)
    expect(errors).toBeUndefined()
    const [answer] = Object.values(data) as { nodes?: unknown[] }[]
    expect((answer?.nodes ?? (answer as unknown[])).length).toBeGreaterThan(0)
  })

  test('tell that nothing is missing, and how far the history is', async () => {
    const { data } = await gateway.ask(QUESTIONS[2] ?? '')
    expect(data.recorders).toMatchObject([{ id: '1', state: 'ACTIVE' }])
    expect(data.status).toMatchObject({ chainId: '31337', lag: 0, trouble: null, totals: { recorders: 1 } })
    expect(data.status.totals.accessRecords).toBe(`${Number(data.recorders[0].nextSequence) - 1}`)
  })
})
