/** @module A recorder's hand on a real chain: writes batches with their evidence as the recorder does, and keeps both. */
import type { AccessRecord } from '../../domain/access-record.ts'
import { fromHex, type Hex, sha256, toHex, uint, utf8, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { canonicalJson, type Evidence, leafHash } from '../../domain/evidence.ts'
import { merkleRoot } from '../../domain/merkle-tree.ts'
import { encodeRecord } from '../../domain/packed.ts'
import type { BatchEvidence } from '../../reports/source.ts'
import type { Account, TestChain } from './chain.ts'

/** One record, the rest of it filled in. */
export interface Told extends Partial<AccessRecord> {
  evidence?: Partial<Evidence>
}

export interface RecordedChain {
  account: Account
  id: number
  /** Writes one batch; without records a heartbeat. */
  write(told: readonly Told[], times?: { through?: number; builtAt?: number }): Promise<void>
  /** The evidence store's side: what a report's source asks. */
  evidence(recorderId: number, firstSeq: number): Promise<BatchEvidence[] | undefined>
  stored: Map<number, BatchEvidence[]>
}

/** Adds a recorder to the contract and returns its hand. Salts are made from the sequence, so that tests repeat. */
export async function startRecorder(it: TestChain, account: Account): Promise<RecordedChain> {
  await it.call('addRecorder', [account.address])
  const [id] = (await it.read('recorders', [account.address])) as [number]
  const stored = new Map<number, BatchEvidence[]>()
  const place = { contract: it.contract.address, chainId: it.chain.chainId, recorderId: id }
  return {
    account,
    id,
    stored,
    evidence: async (recorderId, firstSeq) => (recorderId === id ? stored.get(firstSeq) : undefined),
    async write(told, times = {}) {
      const state = (await it.read('recorders', [account.address])) as [number, number, bigint, number, number]
      const first = Number(state[2])
      const now = await blockTime(it)
      const { through = now, builtAt = now } = times
      const entries = told.map(({ evidence, ...record }, i) => {
        const full = { ...EMPTY, firstAt: now, ...record }
        return { record: full, ...evidenceOf(full, evidence ?? {}, { ...place, seq: BigInt(first + i) }) }
      })
      const bytes = Buffer.concat(entries.map(({ record }) => encodeRecord(record)))
      const root = toHex(merkleRoot(entries.map(({ stored: { leaf } }) => fromHex(leaf))))
      await it.call('recordBatch', [BigInt(first), bytes, root, through, builtAt], account.sender)
      if (entries.length > 0)
        stored.set(
          first,
          entries.map((entry) => entry.stored),
        )
    },
  }
}

export async function blockTime(it: TestChain): Promise<number> {
  const block = await it.chain.rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false])
  return Number(block.timestamp)
}

function evidenceOf(record: AccessRecord, extra: Partial<Evidence>, place: Parameters<typeof leafHash>[0]) {
  const [firstMs, lastMs] = [record.firstAt * 1_000, (record.firstAt + record.span) * 1_000]
  const text = canonicalJson({ version: 1, firstMs, lastMs, ...extra })
  const half = sha256(utf8(`salt ${place.recorderId} ${place.seq}`))
  const salt = Buffer.concat([half, sha256(uint(place.seq, 8))])
  const seq = Number(place.seq)
  const stored: BatchEvidence = { seq, leaf: toHex(leafHash(place, salt, text)), text, salt: toHex(salt) }
  return { stored }
}

const EMPTY: AccessRecord = {
  action: Action.PUBLISH,
  outcome: Outcome.ALLOWED,
  denialReason: DenialReason.NONE,
  countIsLowerBound: false,
  sealed: false,
  account: ZERO_ADDRESS,
  topicId: ZERO_BYTES32,
  grantId: 0,
  firstAt: 0,
  span: 0,
  count: 1,
}
