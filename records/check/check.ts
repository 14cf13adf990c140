/**
 * @module Walks journal, evidence store and chain, and names every discrepancy. It only reads, while recorders write: a
 * record goes from journal to store to chain, and what looks wrong is looked at again in that order before it is told.
 */
import { getBlock } from '../../contracts/rpc/blocks.ts'
import { pinned, type Rpc } from '../../contracts/rpc/json-rpc.ts'
import type { Address } from '../../domain/bytes.ts'
import { seedHead } from '../../domain/head.ts'
import type { Deployment } from '../../domain/typed-data.ts'
import type { ReportIssue } from '../issue/issue.ts'
import { readRecorder } from '../recorder/chain-state.ts'
import { ownerRow } from '../store/owner.ts'
import type { Erasure, StoredEvidence } from '../store/port.ts'
import { judgeEvidence } from './evidence.ts'
import { type Finding, found, runsOf } from './finding.ts'
import { judgeAgainstChain } from './journal.ts'
import { checkJournal } from './judge-journal.ts'
import { type ChainItem, readChain } from './read-chain.ts'
import { type EvidenceScan, NOTHING, openEvidenceScan } from './read-evidence.ts'
import { type JournalReader, type JournalState, openJournalReader } from './read-journal.ts'
import { checkReports } from './reports.ts'
import { type ChainBatch, followBatch, type Sequence } from './sequence.ts'
import { unboundEvidence } from './unbound.ts'

export interface CheckOptions {
  rpc: Rpc
  deployment: Deployment
  /** Nothing of the contract stands in an earlier block. */
  deployBlock: number
  /** The journals of this home. */
  journals: readonly string[]
  /** Where the evidence is: a path or a postgres:// URL. */
  evidence: string
  /** The longest that a record may wait for the chain. */
  maxUnanchoredMs: number
  /** Unix seconds. */
  now: number
  onProgress?: (progress: CheckProgress) => void
}

export interface CheckProgress {
  block: number
  toBlock: number
  records: number
}

export interface CheckSummary {
  /** The block up to which the chain was read. */
  block: number
  recorders: number
  batches: number
  records: number
  /** Records whose evidence is erased, by order. */
  erased: number
  /** Records in this home's journals that are not on chain yet. */
  waiting: number
  /** Reports that this home's recorders anchored. */
  reports: number
  findings: number
}

interface Ours {
  journal: JournalReader
  before: JournalState
  reports: ReportIssue[]
  /** Heads of its batches that the chain showed. */
  seen: Set<string>
}

/** Yields every discrepancy. Rejects RecordsError or RpcError when something cannot be read at all. */
export async function* checkRecords(options: CheckOptions): AsyncGenerator<Finding, CheckSummary> {
  const scan = await openEvidenceScan(options.evidence)
  const journals: JournalReader[] = []
  try {
    for (const path of options.journals) journals.push(openJournalReader(path))
    return yield* new Check(options, scan, journals).run()
  } finally {
    for (const journal of journals) journal.close()
    await scan.close()
  }
}

class Check {
  readonly #options: CheckOptions
  #scan: EvidenceScan
  #isForeignStore = false
  readonly #journals: readonly JournalReader[]
  readonly #ours = new Map<Address, Ours>()
  readonly #sequences = new Map<Address, Sequence>()
  readonly #withEvidence = new Set<number>()
  #orders: Erasure[] = []
  #summary: CheckSummary = {
    block: 0,
    recorders: 0,
    batches: 0,
    records: 0,
    erased: 0,
    waiting: 0,
    reports: 0,
    findings: 0,
  }

  constructor(options: CheckOptions, scan: EvidenceScan, journals: readonly JournalReader[]) {
    this.#options = options
    this.#scan = scan
    this.#journals = journals
  }

  async *run(): AsyncGenerator<Finding, CheckSummary> {
    for await (const finding of this.#all()) {
      this.#summary.findings++
      yield finding
    }
    return this.#summary
  }

  async *#all(): AsyncGenerator<Finding> {
    const { rpc, deployment, deployBlock, onProgress } = this.#options
    const node = await pinned(rpc)
    yield* this.#judgeStore()
    yield* this.#openJournals()
    for (const id of await this.#scan.recorders()) this.#withEvidence.add(id)
    await this.#readOrders()
    const toBlock = Number(await node.request<string>('eth_blockNumber'))
    this.#summary.block = toBlock
    for await (const item of readChain(node, { contract: deployment.contract, fromBlock: deployBlock, toBlock })) {
      if (item.kind === 'read') onProgress?.({ block: item.block, toBlock, records: this.#summary.records })
      else yield* this.#follow(node, item)
    }
    this.#summary.recorders = this.#sequences.size
    for (const sequence of this.#sequences.values()) yield* this.#judgeState(node, sequence)
    for (const ours of this.#ours.values()) yield* this.#checkJournal(ours)
    for (const { journal, reports: before } of this.#ours.values())
      this.#summary.reports += yield* checkReports({
        ...{ node, contract: deployment.contract, journal, before },
        ...{ fromBlock: deployBlock, toBlock },
      })
    yield* this.#judgeUnbound(node)
  }

  /** Another contract's evidence, and its orders, say nothing about this one's records. */
  async *#judgeStore(): AsyncGenerator<Finding> {
    const [owner, expected] = [await this.#scan.owner(), ownerRow(this.#options.deployment).value]
    if (owner === undefined || owner === expected) return
    this.#isForeignStore = true
    this.#scan = NOTHING
    yield found('FOREIGN_STORE', {}, {}, `the evidence store belongs to ${owner}, not to ${expected}`)
  }

  *#openJournals(): Generator<Finding> {
    const { chainId, contract } = this.#options.deployment
    for (const journal of this.#journals) {
      const { owner } = journal
      if (owner.chainId === chainId && owner.contract === contract) {
        this.#ours.set(owner.recorder, {
          journal,
          before: journal.state(),
          reports: journal.reports(),
          seen: new Set(),
        })
        this.#withEvidence.add(owner.recorderId)
      } else yield found('FOREIGN_JOURNAL', owner, {}, `a journal is of ${owner.contract} on chain ${owner.chainId}`)
    }
  }

  async #readOrders(): Promise<void> {
    const remembered = [...this.#ours.values()].flatMap(({ journal }) => journal.orders())
    this.#orders = [...(await this.#scan.orders()), ...remembered]
  }

  async *#follow(node: Rpc, item: Exclude<ChainItem, { kind: 'read' }>): AsyncGenerator<Finding> {
    switch (item.kind) {
      case 'added':
        return yield* this.#add(node, item)
      case 'stray':
        return yield* this.#strayed(item)
      case 'batch':
        return yield* this.#batch(item.batch)
    }
  }

  /** The contract starts watermark and build time at the time of adding. */
  async *#add(
    node: Rpc,
    { recorder, recorderId, head, block }: ChainItem & { kind: 'added' },
  ): AsyncGenerator<Finding> {
    const { chainId, contract } = this.#options.deployment
    const at = (await getBlock(node, block))?.timestamp ?? 0
    const start = { nextSeq: 1, head, through: at, builtAt: at, isDoubtful: false }
    this.#sequences.set(recorder, { recorder, recorderId, ...start })
    if (head !== seedHead(chainId, contract, recorder))
      yield found('HEAD_BROKEN', { recorder, recorderId }, {}, `it was added in block ${block} with a foreign seed`)
  }

  *#strayed({ records, block }: ChainItem & { kind: 'stray' }): Generator<Finding> {
    const [{ recorderId = 0 } = {}] = records
    const sequence = [...this.#sequences.values()].find((one) => one.recorderId === recorderId)
    for (const run of runsOf(records.map(({ seq }) => Number(seq)))) {
      const what = `block ${block} shows them without their batch`
      yield found('MISSING_ON_THIS_ENDPOINT', sequence ?? { recorderId }, run, what)
      if (sequence === undefined) continue
      sequence.nextSeq = Math.max(sequence.nextSeq, run.seq + run.count)
      sequence.head = undefined
      sequence.isDoubtful = true
    }
  }

  async *#batch(batch: ChainBatch): AsyncGenerator<Finding> {
    const { recorder, header } = batch
    const place = { seq: Number(header.firstSeq), count: header.count }
    const sequence = this.#sequences.get(recorder)
    this.#summary.batches++
    this.#summary.records += header.count
    if (sequence === undefined) {
      const whose = { recorder, recorderId: batch.records[0]?.recorderId ?? 0 }
      return yield found('MISSING_ON_THIS_ENDPOINT', whose, place, 'no log shows that this recorder was added')
    }
    const flaws = followBatch(sequence, batch)
    yield* flaws
    const ours = this.#ours.get(recorder)
    const built = ours?.journal.built(batch.head, place.seq)
    if (built?.head === batch.head || ours?.before.final?.head === batch.head) ours?.seen.add(batch.head)
    const differing = flaws.length > 0 ? undefined : judgeAgainstChain(batch, built, sequence)
    if (differing !== undefined) yield differing
    const isToBeThere = header.count > 0 && !this.#isForeignStore && this.#withEvidence.has(sequence.recorderId)
    if (isToBeThere) yield* this.#evidence(sequence, batch)
  }

  async *#evidence(whose: Sequence, batch: ChainBatch): AsyncGenerator<Finding> {
    const { deployment } = this.#options
    const judge = (rows: readonly StoredEvidence[], isOnItsWay: (seq: number) => boolean): Finding[] =>
      judgeEvidence({ batch, whose, deployment, rows, isOnItsWay, orders: this.#orders })
    let rows = await this.#rowsOf(whose, batch)
    let flaws = judge(rows, () => false)
    if (flaws.length > 0) {
      // First the journal, then the store: what left the one in between is in the other.
      const { firstSeq, count } = batch.header
      const kept = this.#ours.get(whose.recorder)?.journal.kept(Number(firstSeq), count)
      await this.#readOrders()
      rows = await this.#rowsOf(whose, batch)
      flaws = judge(rows, (seq) => kept?.has(seq) === true)
    }
    this.#summary.erased += rows.filter(({ text }) => text === undefined).length
    yield* flaws
  }

  #rowsOf({ recorderId }: Sequence, { header }: ChainBatch): Promise<StoredEvidence[]> {
    const fromSeq = Number(header.firstSeq)
    return this.#scan.rows(recorderId, { fromSeq, toSeq: fromSeq + header.count, limit: header.count })
  }

  /** What the contract's own state says, of the same block: logs that an endpoint keeps back at the end show here. */
  async *#judgeState(node: Rpc, sequence: Sequence): AsyncGenerator<Finding> {
    const { recorder, nextSeq, head, isDoubtful } = sequence
    const state = await readRecorder(node, this.#options.deployment.contract, recorder, this.#summary.block)
    if (state.nextSeq > nextSeq) {
      const place = { seq: nextSeq, count: state.nextSeq - nextSeq }
      yield found('MISSING_ON_THIS_ENDPOINT', sequence, place, 'the contract counts them, and no log shows them')
      sequence.isDoubtful = true
    } else if (!isDoubtful && state.head !== head)
      yield found('HEAD_BROKEN', sequence, {}, 'the logs do not fold into the head that the contract holds')
  }

  async *#checkJournal({ journal, before, seen }: Ours): AsyncGenerator<Finding> {
    const { deployment, maxUnanchoredMs, now } = this.#options
    const { owner } = journal
    const sequence = this.#sequences.get(owner.recorder) ?? {
      ...{
        recorder: owner.recorder,
        recorderId: owner.recorderId,
        nextSeq: 1,
        through: 0,
        builtAt: 0,
        isDoubtful: false,
      },
      ...{ head: seedHead(deployment.chainId, deployment.contract, owner.recorder) },
    }
    this.#summary.waiting += yield* checkJournal({
      ...{ journal, before, sequence, deployment, maxUnanchoredMs, now, whose: owner, orders: this.#orders },
      block: this.#summary.block,
      isSeen: (head) => seen.has(head),
      rest: () => new Promise((resolve) => setImmediate(resolve)),
    })
  }

  async *#judgeUnbound(node: Rpc): AsyncGenerator<Finding> {
    const { contract } = this.#options.deployment
    for (const recorderId of await this.#scan.recorders()) {
      const sequence = [...this.#sequences.values()].find((one) => one.recorderId === recorderId)
      const journal = sequence && this.#ours.get(sequence.recorder)?.journal
      yield* unboundEvidence({ node, contract, scan: this.#scan, recorderId, sequence, journal })
    }
  }
}
