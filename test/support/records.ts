/** @module A recorder of a test chain, and a check of what the chain holds of it against journal and evidence. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEvents } from '../../contracts/rpc/logs.ts'
import type { SequencedRecord } from '../../domain/access-record.ts'
import { type Bytes32, fromHex, keccak256, toHex, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { leafHash } from '../../domain/evidence.ts'
import { type BatchHeader, foldHead, seedHead } from '../../domain/head.ts'
import { merkleRoot } from '../../domain/merkle-tree.ts'
import { encodeRecord, unpackAccess } from '../../domain/packed.ts'
import { openRecords, type RecordsOptions } from '../../records/open-records.ts'
import type { Access, Records, RecordsRules } from '../../records/port.ts'
import { openEvidence } from '../../records/store/open-store.ts'
import type { StoredEvidence } from '../../records/store/port.ts'
import { type Account, silent, type TestChain } from './chain.ts'

export interface TestRecorder {
  account: Account
  dir: string
  options: RecordsOptions
  open(more?: Partial<RecordsOptions>): Promise<Records>
}

/** For `setRules`. */
export const RULES: RecordsRules = {
  rules: { test: true },
  capture: () => ({ windowMs: 60_000, isSealed: false }),
  anchorEveryMs: 100,
  batchMax: 500,
  heartbeatMs: 3_600_000,
  maxUnanchoredMs: 86_400_000,
  minFreeBytes: 0,
  retentionMs: 400 * 86_400_000,
  minimumRetentionMs: 30 * 86_400_000,
}

/** The owner's transactions have one nonce each: tests that run together take turns. */
let turn: Promise<unknown> = Promise.resolve()
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = turn.then(work)
  turn = mine.catch(() => {})
  return mine
}

/** Adds a recorder to the contract, with a folder of its own. */
export async function addTestRecorder(it: TestChain): Promise<TestRecorder> {
  const account = await it.account()
  await inTurn(() => it.call('addRecorder', [account.address]))
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-records-'))
  const options: RecordsOptions = {
    journalPath: join(dir, 'journal.sqlite'),
    evidencePath: join(dir, 'evidence.sqlite'),
    deployment: { chainId: it.chain.chainId, contract: it.contract.address },
    recorderKey: account.key,
    rpcUrl: it.chain.url,
    confirmations: 1,
    rules: { test: true },
    anchorEveryMs: 100,
    log: silent,
  }
  return { account, dir, options, open: (more) => openRecords({ ...options, ...more }) }
}

export function accessOf(more: Partial<Access> = {}): Access {
  return {
    action: Action.PUBLISH,
    outcome: Outcome.ALLOWED,
    denialReason: DenialReason.NONE,
    account: `0x${'ab'.repeat(20)}`,
    topicId: ZERO_BYTES32,
    grantId: 0,
    connectionId: 1,
    evidence: { clientId: 'test' },
    ...more,
  }
}

export interface ChainHistory {
  records: SequencedRecord[]
  batches: BatchHeader[]
  evidence: StoredEvidence[]
  /** Hashes of the reports that it anchored. */
  issued: Bytes32[]
}

/** Returns what the chain holds of the recorder, having checked sequences, record bytes, heads, roots and leaves. */
export async function readHistory(
  it: TestChain,
  { account, options }: TestRecorder,
  { mayBeErased = false, evidencePath = options.evidencePath } = {},
): Promise<ChainHistory> {
  const { address } = it.contract
  const toBlock = Number(await it.chain.rpc.request<string>('eth_blockNumber'))
  const events = (await Array.fromAsync(readEvents(it.chain.rpc, { address, fromBlock: 0, toBlock }))).flat()
  const [recorderId] = (await it.read('recorders', [account.address])) as [number]
  const records = events
    .flatMap((e) => (e.name === 'Access' ? unpackAccess(e.args.account, e.args.topicId, e.args.packed) : []))
    .filter((record) => record.recorderId === recorderId)
  const batches = events.flatMap((e) => (e.name === 'Batch' && e.args.recorder === account.address ? e.args : []))
  const reader = await openEvidence(evidencePath)
  const evidence: StoredEvidence[] = []
  let head = seedHead(it.chain.chainId, address, account.address)
  let seq = 1n
  for (const batch of batches) {
    if (batch.firstSeq !== seq) throw new Error(`batch begins at ${batch.firstSeq}, not at ${seq}`)
    const mine = records.slice(Number(seq) - 1, Number(seq) - 1 + batch.count)
    const recordsHash = toHex(keccak256(Buffer.concat(mine.map(encodeRecord))))
    const stored = batch.count === 0 ? [] : ((await reader.batch(recorderId, Number(seq))) ?? [])
    for (const { text, salt, leaf, seq: at } of stored) {
      if (mayBeErased && text === undefined && salt === undefined) continue
      const place = { contract: address, chainId: it.chain.chainId, recorderId, seq: BigInt(at) }
      if (toHex(leafHash(place, fromHex(salt ?? '0x'), text ?? '')) !== leaf)
        throw new Error(`leaf ${at} is not of its evidence`)
    }
    const evidenceRoot = toHex(merkleRoot(stored.map(({ leaf }) => fromHex(leaf))))
    head = foldHead(head, { ...batch, recordsHash, evidenceRoot })
    if (head !== batch.head) throw new Error(`the head of batch ${batch.firstSeq} does not fold`)
    evidence.push(...stored)
    seq += BigInt(batch.count)
  }
  reader.close()
  if (records.some((record, i) => record.seq !== BigInt(i + 1))) throw new Error('the sequence has gaps')
  const issued = events.flatMap((e) =>
    e.name === 'ReportIssued' && e.args.issuer === account.address ? e.args.reportHash : [],
  )
  return { records, batches, evidence, issued }
}
