/**
 * @module Anchors reports, one at a time and behind all batches, under the recorder's next nonce. A hash goes out only once
 * the chain was found not to hold it, under the nonce that it had then: whatever of ours is out for it has the same nonce,
 * so one of them is mined at most. Where records want that nonce it is theirs, and the report follows.
 */
import type { Logger } from 'pino'
import { encodeCall } from '../../contracts/abi/calls.ts'
import { minedNonce, type Receipt } from '../../contracts/rpc/transact.ts'
import { passCrashPoint } from '../crash-points.ts'
import type { JournalThread } from '../journal/journal-thread.ts'
import type { Sources } from '../recorder/belief.ts'
import type { Courier } from '../recorder/courier.ts'
import { ELSEWHERE, explainIssue, HeldBack } from '../recorder/explain.ts'
import type { Finality } from '../recorder/held.ts'
import type { Purse } from '../recorder/purse.ts'
import { findIssues, type SeenIssue } from './find-issues.ts'
import type { ReportIssue } from './issue.ts'

export interface IssuerOptions extends Finality {
  thread: JournalThread
  courier: Courier
  purse: Purse
  log: Logger
}

interface Seen {
  /** Read before the events: what was mined below it is among them. */
  nonce: number
  latest: number
  here: Map<string, SeenIssue>
  /** Undefined where no other endpoint tells. */
  there: Map<string, SeenIssue> | undefined
  /** There is another one, and it did not answer. */
  isOtherSilent: boolean
}

/** No reorg is deeper: below the head that was seen before it went out there is none. */
const REORG_BLOCKS = 128
/** More than issuing has ever taken (docs/gas.md). */
const ISSUE_GAS = 40_000n
/** A block, and a little: records that close meanwhile, bans too, wait for no longer. */
const PATIENCE_MS = 15_000

export class Issuer {
  readonly #options: IssuerOptions
  #trouble: string | null = null

  constructor(options: IssuerOptions) {
    this.#options = options
  }

  /** Why reports that wait do not get on chain, in words; null when all is well. */
  get trouble(): string | null {
    return this.#trouble
  }

  /**
   * Notes which reports the chain holds, and brings the next one there. Resolves with whether more wait and nothing is in
   * their way. Never rejects: a report keeps no record from the chain.
   */
  async round(sources: Sources): Promise<boolean> {
    try {
      const isMore = await this.#lookAndSend(sources)
      this.#trouble = null
      return isMore
    } catch (error) {
      this.#trouble = explainIssue(error)
      this.#options.log.info({ err: error }, 'a report is not anchored yet, trying again')
      return false
    }
  }

  async #lookAndSend(sources: Sources): Promise<boolean> {
    const { thread } = this.#options
    const open = await thread.call({ kind: 'openIssues' })
    if (open.length === 0) return false
    const seen = await this.#look(sources, open)
    const now = open.map((issue) => this.#judge(issue, seen))
    const changed = now.filter((issue, i) => !isSame(issue, open[i] as ReportIssue))
    if (changed.length > 0) await thread.call({ kind: 'putIssues', changed })
    const waiting = now.filter(({ place }) => place === null)
    const absent = waiting.filter(({ reportHash }) => seen.there?.has(reportHash) !== true)
    if (absent[0] !== undefined) await this.#send(sources, absent[0], seen.nonce)
    else if (waiting.length > 0) throw new HeldBack(ELSEWHERE)
    return absent.length > 1
  }

  async #look({ node, witness, contract, recorder }: Sources, open: readonly ReportIssue[]): Promise<Seen> {
    const nonce = await minedNonce(node, recorder)
    const latest = Number(await node.request<string>('eth_blockNumber'))
    const fromBlock = Math.min(...open.map(({ fromBlock }) => earliest(fromBlock, latest)))
    const search = { contract, recorder, fromBlock }
    const there = witness?.request<string>('eth_blockNumber').then((head) => {
      return findIssues(witness, { ...search, toBlock: Number(head) })
    })
    const other = there?.catch(() => undefined)
    const here = await findIssues(node, { ...search, toBlock: latest })
    const told = await other
    return { nonce, latest, here, there: told, isOtherSilent: witness !== undefined && told === undefined }
  }

  /** Final is what this endpoint holds, deep enough, and the other one in the same block, where there is one. */
  #judge(issue: ReportIssue, { latest, here, there, isOtherSilent }: Seen): ReportIssue {
    const { confirmations, isBlockSafe } = this.#options
    const mine = here.get(issue.reportHash)
    const theirs = there === undefined ? mine : there.get(issue.reportHash)
    const isDeep = mine !== undefined && mine.block + confirmations - 1 <= latest && isBlockSafe(mine.block)
    return {
      ...issue,
      fromBlock: earliest(issue.fromBlock, latest),
      place: mine === undefined ? null : { block: mine.block, transaction: mine.transaction },
      isFinal: isDeep && !isOtherSilent && theirs?.blockHash === mine.blockHash,
    }
  }

  async #send({ node }: Sources, issue: ReportIssue, onlyAt: number): Promise<void> {
    const { courier, purse, thread, log } = this.#options
    const { reportHash, kind } = issue
    const parcel = {
      data: encodeCall('issueReport', [reportHash, kind]),
      usualGas: ISSUE_GAS,
      onlyAt,
      patienceMs: PATIENCE_MS,
    }
    let receipt: Receipt | undefined
    try {
      for await (const mined of courier.bring(node, [parcel], purse.forReports())) receipt = mined
    } finally {
      await purse.save()
    }
    if (receipt === undefined) return
    passCrashPoint('issue-mined')
    const place = { block: receipt.blockNumber, transaction: receipt.transactionHash }
    await thread.call({ kind: 'putIssues', changed: [{ ...issue, place }] })
    log.debug({ reportHash, block: place.block, gas: Number(receipt.gasUsed) }, 'report anchored')
  }
}

/** A chain that came back shorter may hold it in an earlier block than could be thought before. */
function earliest(fromBlock: number | null, latest: number): number {
  const below = Math.max(0, latest - REORG_BLOCKS)
  return fromBlock === null ? below : Math.min(fromBlock, below)
}

const isSame = (a: ReportIssue, b: ReportIssue): boolean =>
  a.fromBlock === b.fromBlock &&
  a.isFinal === b.isFinal &&
  a.place?.block === b.place?.block &&
  a.place?.transaction === b.place?.transaction
