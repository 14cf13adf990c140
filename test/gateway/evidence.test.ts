import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../domain/bytes.ts'
import { Action, LawfulBasis } from '../../domain/enums.ts'
import { leafHash } from '../../domain/evidence.ts'
import { verifyInclusion } from '../../domain/merkle-tree.ts'
import type { TopicFilter } from '../../domain/topic-filter.ts'
import { evidenceMatch } from '../../gateway/evidence/evidence-match.ts'
import { type EvidenceStage, startEvidenceStage } from '../support/evidence-stage.ts'
import type { Answer } from '../support/gateway.ts'
import { tokenFor } from '../support/sign-in.ts'

let stage: EvidenceStage
const tokens = new Map<string, string>()
type Who = 'device' | 'stranger' | 'homeAuditor' | 'auditor' | 'owner'

beforeAll(async () => {
  stage = await startEvidenceStage()
  const { gateway, it, device, stranger, homeAuditor, auditor } = stage
  for (const [name, account] of Object.entries({ device, stranger, homeAuditor, auditor, owner: it.owner })) {
    tokens.set(name, await tokenFor(gateway.url, account))
  }
})
afterAll(() => stage?.stop())

const QUERY = `query($first: Int) { accessRecords(first: $first) { nodes { who { address }
  proof { sequence recorder { id } batch { evidenceRoot } }
  evidence { status reason text salt clientId address names { name count } inclusion { leaf position size path } } } } }`

const asker = (who?: Who) => (who === undefined ? stage.gateway : stage.gateway.as(tokens.get(who) ?? ''))
/** The rows of the hand's four records, by sequence. */
async function rows(who?: Who): Promise<Answer['data'][]> {
  const { data, errors } = await asker(who).ask(QUERY, { first: 50 })
  expect(errors).toBeUndefined()
  const mine = data.accessRecords.nodes.filter((row: Answer['data']) => row.proof.recorder.id === '1')
  return mine.sort((a: Answer['data'], b: Answer['data']) => a.proof.sequence - b.proof.sequence)
}
const statuses = async (who?: Who): Promise<string[]> => (await rows(who)).map(({ evidence }) => evidence.status)
const [O, W] = ['OPEN', 'WITHHELD']

describe('evidence', () => {
  test('is withheld without sign-in, and says what to do', async () => {
    expect(await statuses()).toEqual([W, W, W, W])
    const [first] = await rows()
    expect(first.evidence).toMatchObject({
      text: null,
      salt: null,
      clientId: null,
      reason: expect.stringContaining('sign'),
    })
  })

  test('opens to the subject, a topic’s owner, its auditor and the auditor of all: to each its own', async () => {
    expect(await statuses('device')).toEqual([O, W, O, O])
    expect(await statuses('stranger')).toEqual([W, O, W, O]) // its own connect; it owns office
    expect(await statuses('owner')).toEqual([O, W, O, W])
    expect(await statuses('homeAuditor')).toEqual([O, W, O, W])
    expect(await statuses('auditor')).toEqual([O, O, O, O])
  })

  test('tells by its names whether the record is about the topic that was asked for', async () => {
    const query = `{ accessRecords(where: { topic: "home" }) { nodes { match evidence { status match } } } }`
    const asked = async (who?: Who) => (await asker(who).ask(query)).data.accessRecords.nodes
    expect(await asked('owner')).toContainEqual({ match: 'POSSIBLE', evidence: { status: O, match: 'CERTAIN' } })
    expect(await asked()).toContainEqual({ match: 'POSSIBLE', evidence: { status: W, match: null } })
    const kitchen = 'home/kitchen' as TopicFilter
    const name = (...names: string[]) => ({ names: names.map((name) => ({ name, count: 1 })) })
    expect(evidenceMatch(kitchen, 'PUBLISH', name('home/hall', 'home/kitchen'))).toBe('CERTAIN')
    expect(evidenceMatch(kitchen, 'PUBLISH', name('$share/all/home/+'))).toBe('CERTAIN')
    expect(evidenceMatch(kitchen, 'PUBLISH', name('home/hall'))).toBe('OTHER')
    expect(evidenceMatch(kitchen, 'PUBLISH', { ...name('home/hall'), unnamed: 2 })).toBe('POSSIBLE')
    expect(evidenceMatch(kitchen, 'PUBLISH', {})).toBeNull()
    expect(evidenceMatch(kitchen, 'DISCLOSE', name('1:17-80'))).toBeNull()
    expect(evidenceMatch(kitchen, 'UNKNOWN', { ...name('home/hall'), sealedAction: Action.WILL })).toBe('OTHER')
  })

  test('of a sealed record is found under evidence, while the row says nothing', async () => {
    const sealed = (await rows('homeAuditor'))[2]
    expect([sealed.who, sealed.evidence.clientId]).toEqual([null, 'safe'])
    expect(JSON.parse(sealed.evidence.text).sealed).toMatchObject({ account: stage.device.address })
  })

  test('of sealed records is asked for by that alone, whatever topic it may be about', async () => {
    const query = `query($where: AccessWhere) { accessRecords(where: $where) { nodes { sealed match proof { sequence } evidence { clientId } } } }`
    const asked = async (where: object) => (await asker('auditor').ask(query, { where })).data.accessRecords.nodes
    const [safe] = await asked({ sealed: true, recorder: '1' })
    expect(safe).toMatchObject({ sealed: true, match: null, evidence: { clientId: 'safe' } })
    expect(await asked({ sealed: true, recorder: '1', topic: 'home' })).toEqual([{ ...safe, match: 'POSSIBLE' }])
    const others = await asked({ sealed: false, recorder: '1' })
    expect(others.map(({ proof }: typeof safe) => proof.sequence).sort()).toEqual(['1', '2', '4'])
  })

  test('is proven by its leaf and path, which are for everybody', async () => {
    const { contract, chain } = stage.it
    const open = await rows('auditor')
    const secret = await rows()
    for (const [i, { proof, evidence }] of open.entries()) {
      const { leaf, path, position: index, size } = evidence.inclusion
      const place = { contract: contract.address, chainId: chain.chainId, recorderId: 1, seq: BigInt(proof.sequence) }
      expect(toHex(leafHash(place, fromHex(evidence.salt), evidence.text))).toBe(leaf)
      const root = fromHex(proof.batch.evidenceRoot)
      expect(verifyInclusion({ leaf: fromHex(leaf), index, size, path: path.map(fromHex), root })).toBe(true)
      expect(secret[i].evidence.inclusion).toEqual(evidence.inclusion)
    }
  })

  test('is on record as shown before it is shown: to whom, in which role, which records', async () => {
    await rows('homeAuditor')
    const file = new Database(stage.own.options.journalPath, { readonly: true })
    const open = (file.prepare('select state from windows').all() as { state: string }[]).map(({ state }) => state)
    file.close()
    const shown = open.filter((state) => state.includes(stage.homeAuditor.address))
    expect(shown).toHaveLength(1)
    expect(shown[0]).toContain('"role":"AUDITOR"')
    expect(shown[0]).toMatch(/"1:1".*"1:3"/s)
  })

  test('closes with the block that ends the role', async () => {
    const { it, homeAuditor } = stage
    await it.call('setAuditor', [homeAuditor.address, 'home', 0])
    expect(await statuses('homeAuditor')).toEqual([W, W, W, W])
    await it.call('setAuditor', [homeAuditor.address, 'home', 2 ** 40 - 1])
    expect(await statuses('homeAuditor')).toEqual([O, W, O, W])
  })
})

describe('purposes', () => {
  const query = '{ grants { nodes { id purpose { status reason text lang } } } }'
  const purpose = async (who?: Who) => (await asker(who).ask(query)).data.grants.nodes[0].purpose
  const deposit = (who: Who, more: object = {}) => {
    const input = { grant: '1', ...stage.purpose, ...more }
    const mutation = 'mutation($input: PurposeInput!) { depositPurpose(input: $input) { purpose { text } } }'
    return asker(who).ask(mutation, { input })
  }
  const codeOf = async (answer: Promise<Answer>) => (await answer).errors?.[0]?.extensions.code

  test('are deposited by the topic’s owner alone, and only as they were hashed', async () => {
    const { data } = await stage.gateway.ask('{ grants { nodes { id } } }')
    const grant = data.grants.nodes[0].id
    expect((await purpose('owner')).status).toBe('NOT_AVAILABLE')
    expect(await codeOf(deposit('device', { grant }))).toBe('NOT_ENTITLED')
    expect(await codeOf(deposit('owner', { grant, text: 'Spy on the kitchen' }))).toBe('PURPOSE_MISMATCH')
    expect(await codeOf(deposit('owner', { grant: '999' }))).toBe('NOT_FOUND')
    expect((await deposit('owner', { grant })).data.depositPurpose.purpose.text).toBe(stage.purpose.text)
    expect(
      await stage.gateway.codeOf(
        'mutation { depositPurpose(input: { grant: "1", lang: "", text: "", salt: "0x" }) { id } }',
      ),
    ).toBe('SIGN_IN_NEEDED')
  })

  test('are read by the grantee, the owner and auditors', async () => {
    const seen = await Promise.all([purpose('device'), purpose('homeAuditor'), purpose('stranger'), purpose()])
    expect(seen.map(({ status }) => status)).toEqual([O, O, W, W])
    expect(seen.map(({ text }) => text)).toEqual([stage.purpose.text, stage.purpose.text, null, null])
  })

  test('are nobody’s who puts their commitment, which is public, on a grant of his own', async () => {
    const { it, stranger, gateway } = stage
    const commitment = (await gateway.ask('{ grants { nodes { purpose { commitment } } } }')).data.grants.nodes[0]
      .purpose.commitment
    const own = ['office', stranger.address, 1, 2n ** 40n - 1n, LawfulBasis.CONTRACT, commitment]
    await it.call('grant', own, stranger.sender)
    await gateway.indexed()
    const { data } = await asker('stranger').ask('{ grants { nodes { grantee { address } purpose { status text } } } }')
    const mine = data.grants.nodes.find(
      ({ grantee }: Answer['data']) => grantee.address.toLowerCase() === stranger.address,
    )
    expect(mine.purpose).toEqual({ status: 'NOT_AVAILABLE', text: null })
  })
})

describe('eraseEvidence', () => {
  const erase = async (who: Who | undefined, input: object) => {
    const mutation = `mutation($input: EraseInput!) { eraseEvidence(input: $input) { id status ground left recorder sequence reports } }`
    const { data, errors } = await asker(who).ask(mutation, { input })
    return errors?.[0]?.extensions.code ?? data.eraseEvidence
  }

  test('is for the account itself and the topic’s owner', async () => {
    const { stranger, device } = stage
    expect(await erase(undefined, { account: device.address })).toBe('SIGN_IN_NEEDED')
    expect(await erase('stranger', { account: device.address })).toBe('NOT_ENTITLED')
    expect(await erase('auditor', { topic: 'home' })).toBe('NOT_ENTITLED')
    expect(await erase('stranger', { topic: 'nowhere' })).toBe('NOT_ENTITLED')
    expect(await erase('stranger', {})).toBe('BAD_REQUEST')
    expect(await erase('stranger', { topic: 'office', account: stranger.address })).toBe('BAD_REQUEST')
  })

  test('is not ordered by whoever has nothing here to erase: it would cost the operator a record', async () => {
    const account = await stage.it.account()
    const mutation = 'mutation($input: EraseInput!) { eraseEvidence(input: $input) { id } }'
    const asStranger = stage.gateway.as(await tokenFor(stage.gateway.url, account))
    const { errors } = await asStranger.ask(mutation, { input: { account: account.address } })
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'NOTHING_TO_ERASE' },
      message: expect.stringContaining('ask again'),
    })
  })

  test('forgets for good what is about the account, and the row stands with its proof and the order', async () => {
    const made = await erase('stranger', { account: stage.stranger.address })
    expect(made).toMatchObject({ ground: 'subject', left: 0, recorder: '2' })
    // Asked for again at once it is the same one: no other is ordered, recorded and carried out.
    expect(await erase('stranger', { account: stage.stranger.address })).toEqual(made)
    const query =
      '{ accessRecords { nodes { proof { sequence recorder { id } } evidence { status text inclusion { leaf } erasure { id ground } } } } }'
    const { data } = await asker('auditor').ask(query)
    const row = data.accessRecords.nodes.find(
      ({ proof }: Answer['data']) => proof.recorder.id === '1' && proof.sequence === '2',
    )
    expect(row.evidence).toMatchObject({ status: 'ERASED', text: null, erasure: { id: made.id, ground: 'subject' } })
    expect(row.evidence.inclusion.leaf).toMatch(/^0x/)
    expect(readFileSync(stage.own.options.evidencePath).includes('203.0.113.9')).toBe(false)
    // Her own grant carries another's commitment: the words that it is for stay.
    const asked = await asker('device').ask('{ grants { nodes { purpose { text } } } }')
    expect(asked.data.grants.nodes.map(({ purpose }: Answer['data']) => purpose.text)).toContain(stage.purpose.text)
  })
})
