import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judgeByChain, judgeLeaf, type SignerOnChain, VERDICTS } from '../../cli/receipt/judge.ts'
import { toHex } from '../../domain/bytes.ts'
import { RecorderState } from '../../domain/enums.ts'
import { inclusionProof, merkleRoot } from '../../domain/merkle-tree.ts'
import { encodeReceipt, parseReceipt, RECEIPT_LENGTH } from '../../domain/receipt.ts'
import type { Records } from '../../records/port.ts'
import { startTestChain, type TestChain } from '../support/chain.ts'
import { type Ended, flytrap } from '../support/flytrap.ts'
import { type ChainGateway, startTestGateway } from '../support/gateway.ts'
import { accessOf, addTestRecorder, type TestRecorder } from '../support/records.ts'

const leaves = Array.from({ length: 5 }, (_, i) => Uint8Array.from({ length: 32 }, () => i + 1))
const [LEAF, OTHER] = [toHex(leaves[2]!), toHex(leaves[3]!)]
const RECEIPT = { recorderId: 7, seq: 12, leaf: LEAF, anchorBy: 5_000, signature: `0x${'ab'.repeat(65)}` } as const
const SIGNER: SignerOnChain = { recorderId: 7, state: RecorderState.ACTIVE, nextSeq: 20, chainTime: 4_000 }
const BATCH = { firstSeq: 10, count: 5, evidenceRoot: toHex(merkleRoot(leaves)), minedAt: 3_000 }
const pathOf = (i: number) => inclusionProof(leaves, i).map((node) => toHex(node))

describe('a receipt is judged', () => {
  const byChain = (signer: Partial<SignerOnChain> | undefined, batch?: Partial<typeof BATCH>) =>
    judgeByChain(RECEIPT, signer && { ...SIGNER, ...signer }, batch && { ...BATCH, ...batch })

  test.each([
    ['of a key that is no recorder', byChain(undefined), 'NOT_GENUINE'],
    ['of a recorder with another number', byChain({ recorderId: 8 }), 'NOT_GENUINE'],
    ['before its sequence is reached, in time', byChain({ nextSeq: 12 }), 'NOT_YET_DUE'],
    ['at the last second in time', byChain({ nextSeq: 12, chainTime: 5_000 }), 'NOT_YET_DUE'],
    ['when its sequence was not reached in time', byChain({ nextSeq: 12, chainTime: 5_001 }), 'NOT_REACHED'],
    ['when its sequence was reached too late', byChain({}, { minedAt: 5_001 }), 'NOT_REACHED'],
    ['of a recorder that was stopped before', byChain({ nextSeq: 12, chainTime: 9_000, state: 3 }), 'NOT_PROVABLE'],
    ['of a stopped recorder whose batch came before', byChain({ state: 3 }, {}), undefined],
    ['with the leaf that the batch holds', judgeLeaf(RECEIPT, BATCH, { leaf: LEAF, path: pathOf(2) }), 'ANCHORED'],
    ['without a gateway', judgeLeaf(RECEIPT, BATCH, null), 'LEAF_NOT_CHECKED'],
    ['when the leaf is refused', judgeLeaf(RECEIPT, BATCH, undefined), 'LEAF_REFUSED'],
    ['when the proof proves nothing', judgeLeaf(RECEIPT, BATCH, { leaf: LEAF, path: pathOf(1) }), 'LEAF_REFUSED'],
    [
      'when the batch holds another leaf at its place',
      judgeLeaf({ ...RECEIPT, seq: 13 }, BATCH, { leaf: OTHER, path: pathOf(3) }),
      'OTHER_LEAF',
    ],
  ])('%s', (_name, found, expected) => {
    expect(found).toBe(expected)
  })

  test('as proof of cheating only by what the recorder itself signed and anchored', () => {
    const proofs = Object.entries(VERDICTS).filter(([, verdict]) => verdict === 'PROOF')
    expect(proofs.map(([name]) => name)).toEqual(['NOT_REACHED', 'OTHER_LEAF'])
  })
})

describe('a receipt as text', () => {
  test('comes back as it was, and no other text is one', () => {
    const text = encodeReceipt(RECEIPT)
    expect(text).toHaveLength(RECEIPT_LENGTH)
    expect(parseReceipt(text)).toEqual(RECEIPT)
    for (const bad of [text.slice(1), `${text}A`, `ft1.${text.slice(5)}`, text.replace(/.$/, '+'), ''])
      expect(parseReceipt(bad)).toBeUndefined()
  })
})

describe('flytrap receipt check, with a node and a gateway and no home', () => {
  let it: TestChain
  let recorder: TestRecorder
  let gateways: TestRecorder
  let records: Records
  let gateway: ChainGateway
  const check = (text: string, ...more: string[]): Promise<Ended> =>
    flytrap(
      ['receipt', 'check', text, '--json', '--rpc', it.chain.url, '--contract', it.contract.address, ...more],
      {},
      recorder.dir,
    )

  beforeAll(async () => {
    it = await startTestChain()
    recorder = await addTestRecorder(it)
    records = await recorder.open()
    gateways = await addTestRecorder(it)
    const { evidencePath } = recorder.options
    const options = { ...gateways.options, evidencePath, journalPath: join(recorder.dir, 'gateway.sqlite') }
    gateway = await startTestGateway(it, options)
  })
  afterAll(async () => {
    await gateway.stop()
    await records.stop()
    await it.stop()
    for (const { dir } of [recorder, gateways]) rmSync(dir, { recursive: true })
  })

  test('finds the leaf, its proof and the record, and says when it is too early', async () => {
    const { seq } = await records.journal.record(accessOf())
    const text = await records.journal.receipt(seq)
    await records.flush()
    const { stdout, code, stderr } = await check(text, '--gateway', gateway.url)
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({
      case: 'ANCHORED',
      verdict: 'KEPT',
      seq,
      record: { seq, action: 4, account: accessOf().account },
    })
    const { seq: later } = await records.journal.record(accessOf())
    const early = await check(await records.journal.receipt(later), '--gateway', gateway.url)
    expect([early.code, ['NOT_YET_DUE', 'ANCHORED'].includes(JSON.parse(early.stdout).case)]).toEqual([0, true])
  })

  test('suspects a gateway that shows no leaf, and refuses what is no receipt', async () => {
    const { seq } = await records.journal.record(accessOf())
    const text = await records.journal.receipt(seq)
    await records.flush()
    const refused = await check(text, '--gateway', `${gateway.url}1`)
    expect([refused.code, JSON.parse(refused.stdout).case]).toEqual([1, 'LEAF_REFUSED'])
    expect((await check('ftr1.nothing')).code).toBe(2)
  })
})
