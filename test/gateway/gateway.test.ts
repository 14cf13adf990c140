import { getAddress } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keccak256, toHex } from '../../domain/bytes.ts'
import type { BatchHeader } from '../../domain/head.ts'
import { foldHead, seedHead } from '../../domain/head.ts'
import { questionsAbout, SUBJECT_QUERY, subjectOf } from '../../gateway/playground/questions.ts'
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
      evidence: { status: 'NOT_AVAILABLE' }, // this gateway has no recorder
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

describe('a proof', () => {
  test('holds the record’s bytes, which hash with their batch to what the chain holds, a broken record’s too', async () => {
    const query =
      '{ accessRecords(first: 20) { nodes { proof { record position sequence batch { firstSequence recordBytes recordsHash } } } } }'
    const { data } = await gateway.ask(query)
    for (const { proof } of data.accessRecords.nodes) {
      const bytes = Buffer.from(proof.batch.recordBytes.slice(2), 'hex')
      expect(toHex(keccak256(bytes))).toBe(proof.batch.recordsHash)
      expect(toHex(bytes.subarray(72 * proof.position, 72 * proof.position + 72))).toBe(proof.record)
      expect(Number(proof.sequence) - proof.position).toBe(Number(proof.batch.firstSequence))
    }
  })

  test('is followed from a recorder’s first batch to its head', async () => {
    const { data } = await gateway.ask(
      '{ recorder(id: "1") { head batches(first: 1) { nodes { head count block { number } recorder { id } } pageInfo { hasNextPage endCursor } } } }',
    )
    const { head, batches } = data.recorder
    expect(batches.nodes).toMatchObject([{ head, recorder: { id: '1' } }])
    expect(batches.pageInfo.hasNextPage).toBe(true)
    const next = await gateway.ask(
      `{ recorder(id: "1") { batches(after: "${batches.pageInfo.endCursor}") { nodes { firstSequence } } } }`,
    )
    expect(next.data.recorder.batches.nodes).toEqual([{ firstSequence: '1' }])
  })
})

describe('by lawful basis', () => {
  test('records are those of grants on it, alone or with a topic', async () => {
    const granted = ['granted on home', 'granted on home/#', 'granted on home/kitchen/#']
    const all = told(await records({ lawfulBasis: 'CONTRACT' })).filter((row) => row.includes('granted'))
    expect(all).toEqual(granted.map((row) => `null ${row}`))
    expect(told(await records({ lawfulBasis: 'CONTRACT', topic: 'home/kitchen/x', outcome: 'ALLOWED' }))).toEqual([
      'POSSIBLE granted on home/#',
      'POSSIBLE granted on home/kitchen/#',
    ])
    expect(await records({ lawfulBasis: 'CONSENT' })).toEqual([])
  })
})

describe('completeness', () => {
  const ask = async (from: string, to: string, asOf?: object) => {
    const query = `query($from: Time!, $to: Time!, $asOf: AsOf) { completeness(from: $from, to: $to, asOf: $asOf) {
      complete through verdict recorders { served complete needed recorder { id through } } asOf { time } } }`
    const { data, errors } = await gateway.ask(query, { from, to, asOf })
    return errors?.[0]?.extensions.code ?? data.completeness
  }
  const iso = (seconds: number) => new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')

  test('holds up to the lowest watermark and not a second longer', async () => {
    const now = iso(Date.now() / 1_000)
    const { through } = await ask('2026-01-01', now)
    expect(await ask('2026-01-01', through)).toMatchObject({
      complete: true,
      verdict: expect.stringMatching(/^Nothing/),
    })
    const later = await ask('2026-01-01', iso(Date.parse(through) / 1_000 + 1))
    expect(later).toMatchObject({ complete: false, through, recorders: [{ served: true, complete: false }] })
    expect(later.verdict).toContain('1 of 1')
  })

  test('needs no watermark of who served at another time', async () => {
    const before = await ask('2001-01-01', '2001-01-02')
    expect(before).toMatchObject({ complete: true, recorders: [{ served: false }] })
    expect(before.verdict).toContain('No recorder served')
  })

  test('is not said of what is still to come, nor of what the moment could not know', async () => {
    expect(await ask('2026-01-01', '2999-01-01')).toBe('TIME_IN_FUTURE')
    expect(await ask('2026-01-02', '2026-01-01')).toBe('BAD_PERIOD')
    const asOf = { block: `${story.silentBlock}` }
    const { asOf: silent } = await ask('2026-01-01', '2026-01-02', asOf)
    expect(await ask('2026-01-01', silent.time, asOf)).toMatchObject({ complete: expect.any(Boolean) })
    const moment = Date.parse(silent.time) / 1_000 // a chain of many blocks a second is ahead of the clock
    expect(await ask('2026-01-01', iso(moment + 1), asOf)).toBe('BAD_PERIOD')
  })
})

describe('the contract’s state', () => {
  test('hangs together from a wallet to its topics, grants and purposes', async () => {
    const { data } = await gateway.ask(
      `query($owner: Address!, $device: Address!) {
        owner: wallet(address: $owner) { address topics { nodes { filter grants(first: 1) { nodes { grantee { address } } } } } }
        device: wallet(address: $device) { grants { nodes { right topic { filter registeredBy { address } } purpose { commitment } endedAt endedBy { address } } } } }`,
      { owner: story.it.owner.address.toUpperCase().replace('0X', '0x'), device: story.device.address },
    )
    const owner = getAddress(story.it.owner.address)
    expect(data.owner.address).toBe(owner)
    expect(data.owner.topics.nodes.map(({ filter }: { filter: string }) => filter)).toEqual(['home/kitchen', 'home'])
    expect(data.device.grants.nodes).toHaveLength(4)
    expect(data.device.grants.nodes[0]).toMatchObject({
      topic: { filter: 'home/kitchen/#' },
      endedBy: { address: owner },
    })
    expect(data.device.grants.nodes[1]).toMatchObject({ topic: { registeredBy: { address: owner } }, endedAt: null })
  })

  test('finds a topic by filter or id, and a grant by number', async () => {
    const { data } = await gateway.ask(
      '{ topic(filter: "home/#") { id grants { nodes { id } } } none: topic(filter: "x") { id } }',
    )
    const { id, grants } = data.topic
    const again = await gateway.ask(
      `{ topic(id: "${id}") { filter } grant(id: "${grants.nodes[0].id}") { topic { id } } }`,
    )
    expect(again.data).toEqual({ topic: { filter: 'home/#' }, grant: { topic: { id } } })
    expect(data.none).toBeNull()
    expect(await gateway.codeOf('{ topic { id } }')).toBe('BAD_TOPIC')
  })
})

describe('the ready questions', () => {
  test('are about what the history holds, and every one of them is answered', async () => {
    const { data } = await gateway.ask(SUBJECT_QUERY)
    const questions = questionsAbout(subjectOf(data, new Date()))
    expect(questions.length).toBeGreaterThanOrEqual(10)
    for (const question of questions) {
      const answer = await gateway.ask(question)
      expect([question, answer.errors]).toEqual([question, undefined])
    }
  })

  test('stand with an example where the history is empty', () => {
    const [first = ''] = questionsAbout(subjectOf(undefined, new Date('2026-03-09T10:00:00Z')))
    expect(first).toContain('home/kitchen/temperature')
    expect(subjectOf(undefined, new Date('2026-03-09T10:00:00Z'))).toMatchObject({
      month: 'March',
      from: '2026-03-01T00:00:00Z',
      to: '2026-03-31T23:59:59Z',
    })
  })
})
