/** @module Opens one recorder: its journal, its way to the chain, its evidence. */
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Logger } from 'pino'
import { createFailoverRpc } from '../contracts/rpc/failover.ts'
import { createSender } from '../contracts/rpc/transact.ts'
import { type Hex, sha256, toHex, utf8, ZERO_ADDRESS } from '../domain/bytes.ts'
import { Action, DenialReason, Outcome, RecorderState } from '../domain/enums.ts'
import { canonicalJson } from '../domain/evidence.ts'
import type { Deployment } from '../domain/typed-data.ts'
import type { BuiltBatch } from './batch/built-batch.ts'
import { passCrashPoint } from './crash-points.ts'
import { Eraser } from './erasure/eraser.ts'
import { Issuer } from './issue/issuer.ts'
import { Journal } from './journal/journal.ts'
import { findDamage, type JournalThread, startJournalThread } from './journal/journal-thread.ts'
import { readThrough } from './journal/read-through.ts'
import { type Access, type Capture, type Records, RecordsError, type RecordsRules, type RecordsStatus } from './port.ts'
import { AgeTrend } from './recorder/age-trend.ts'
import { mayRecord, type RecorderOnChain, readRecorder } from './recorder/chain-state.ts'
import { Convoy } from './recorder/convoy.ts'
import { Courier } from './recorder/courier.ts'
import { BEHIND, STOPPED } from './recorder/explain.ts'
import { Purse } from './recorder/purse.ts'
import { Recorder } from './recorder/recorder.ts'
import { type StoreThread, startStoreThread } from './store/store-thread.ts'
import { untilSecondEnds, waitUntilFinal } from './until-final.ts'

export interface RecordsOptions extends Partial<RecordsRules> {
  journalPath: string
  evidencePath: string
  deployment: Deployment
  /** Hex private key of a recorder that the contract knows. */
  recorderKey: string
  /** One endpoint, or several by preference, separated by commas. */
  rpcUrl: string
  confirmations: number
  /** Wei a gas that a batch may cost at most. */
  maxFeePerGas?: bigint
  /** How long a batch may wait for its block before it goes out again at a higher fee. */
  stuckAfterMs?: number
  isBlockSafe?: (block: number) => boolean
  clock?: () => number
  log: Logger
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const REFUSED_STORES: readonly string[] = ['STORE_DAMAGED', 'STORE_NEWER', 'STORE_FOREIGN']
const SWEEP_MS = 60 * MINUTE
/** Others may order an erasure: its certificate waits for us. */
const OBEY_MS = 5_000
const DEFAULTS = {
  anchorEveryMs: 10_000,
  batchMax: 500,
  heartbeatMs: 60 * MINUTE,
  maxUnanchoredMs: 24 * 60 * MINUTE,
  minFreeBytes: 0,
  rules: {},
  capture: ({ network }: Access): Capture => ({ windowMs: (network === undefined ? 15 : 1) * MINUTE, isSealed: false }),
  retentionMs: 400 * DAY,
  minimumRetentionMs: 30 * DAY,
  maxFeePerGas: 500n * 10n ** 9n,
  stuckAfterMs: MINUTE,
  isBlockSafe: () => true,
  clock: Date.now,
}
const FLUSH_TIMEOUT_MS = 60_000
const FINISH_MS = 5_000

/** Rejects RecordsError: JOURNAL_* for the file, RECORDER_NOT_ACTIVE, CHAIN_UNREACHABLE. */
export async function openRecords(given: RecordsOptions): Promise<Records> {
  const options = { ...DEFAULTS, ...given }
  const { deployment, journalPath, evidencePath, log, clock } = options
  const place = { chainId: deployment.chainId, address: deployment.contract }
  const rpc = createFailoverRpc(options.rpcUrl, { deployment: place, log })
  const sender = createSender(rpc, options.recorderKey)
  const onChain = await readRecorder(rpc, deployment.contract, sender.address).catch((cause: Error) => {
    throw new RecordsError('CHAIN_UNREACHABLE', `The recorder cannot be looked up: ${cause.message}`, { cause })
  })
  if (onChain.state === RecorderState.STOPPED) throw new RecordsError('RECORDER_NOT_ACTIVE', STOPPED)
  if (!mayRecord(onChain.state)) {
    const remedy = 'The contract’s owner adds it with addRecorder; `npx flytrap up` does so on the embedded chain.'
    throw new RecordsError('RECORDER_NOT_ACTIVE', `${sender.address} is no active recorder of the contract. ${remedy}`)
  }
  const owner = { deployment, recorder: sender.address, recorderId: onChain.recorderId }
  const thread = startJournalThread({ path: journalPath, owner, recorderKey: options.recorderKey as Hex })
  const { lastMs, nextSeq } = await openJournal(thread, onChain, journalPath)
  const store = startStoreThread({ where: evidencePath, owner: deployment })
  await openStore(store, thread, log)

  // Later than the watermark that the contract set at registration: no record may fall below it.
  const first = nextSeq === 1 ? (onChain.through + 1) * 1_000 : 0
  const hurry = (): void => void recorder.hurry()
  const journal = new Journal({ ...options, thread, notBeforeMs: Math.max(lastMs, first), hurry })
  const endReading = readThrough({ find: () => findDamage(journalPath), journal, log })
  const eraser = new Eraser({
    store,
    thread,
    journal,
    recorderId: onChain.recorderId,
    ...limitsOf(options),
    log,
  })
  let storeTrouble: string | null = null
  const copyEvidence = async (batch: BuiltBatch): Promise<void> => {
    if (batch.count === 0) return
    try {
      await eraser.copy(() => thread.call({ kind: 'evidence', batch }))
      storeTrouble = null
    } catch (error) {
      storeTrouble = `evidence waits in the journal, the store cannot be written: ${(error as Error).message}`
      throw error
    }
  }
  const { contract, chainId } = deployment
  const purse = await Purse.open({ thread, address: sender.address, spendPerHour: options.spendPerHour, clock })
  const courier = new Courier({ ...options, sender, contract, chainId })
  const convoy = new Convoy({ rpc, thread, courier, purse, log })
  const issuer = new Issuer({ ...options, thread, courier, purse })
  const recorder = new Recorder(
    { ...options, rpc, sender, contract, convoy, issuer, purse, thread, journal, copyEvidence },
    onChain,
  )
  // A retired recorder decides nothing more, and a record of now would come after its retirement.
  if (onChain.state === RecorderState.RETIRED) journal.blockedBy = 'RECORDER_NOT_ACTIVE'
  let { seq: policySeq } = journal.blockedBy === undefined ? await recordPolicy(journal, options) : { seq: 0 }
  const sweep = (): Promise<void> =>
    eraser.sweep().catch((error: Error) => log.warn({ err: error }, 'erasure not carried out, trying again'))
  await sweep() // before anything is served: a restored backup may hold what was erased
  const sweepTimer = setInterval(() => void sweep(), SWEEP_MS)
  const obeyTimer = setInterval(() => void eraser.obey().catch(() => {}), OBEY_MS) // said by the sweep
  let timer = setInterval(() => void recorder.round(), options.anchorEveryMs)
  void recorder.round()

  const trend = new AgeTrend()
  let minFree = options.minFreeBytes
  let depth = await thread.call({ kind: 'depth' })
  const look = async (): Promise<void> => {
    depth = await thread.call({ kind: 'depth' }).catch(() => depth)
    recorder.judgeAge(depth) // a round may take long
    journal.isDiskLow = await isDiskLow(journalPath, minFree)
    trend.note(clock(), depth.oldest === null ? 0 : clock() / 1_000 - depth.oldest)
  }
  await look()
  const depthTimer = setInterval(() => void look(), 1_000)
  return {
    journal,
    async flush(timeoutMs = FLUSH_TIMEOUT_MS) {
      // A watermark never covers the second that it was built in: let this one end, with all that it opened.
      const second = Math.floor(journal.now() / 1_000)
      await journal.settled()
      const { finalSeq } = await thread.call({ kind: 'depth' })
      await untilSecondEnds(second, clock)
      await journal.closeWindows()
      recorder.requireThrough(second)
      const { nextSeq: upTo } = await thread.call({ kind: 'depth' })
      const through = await waitUntilFinal({ thread, recorder, upTo, second, timeoutMs, clock })
      depth = await thread.call({ kind: 'depth' })
      return { records: upTo - finalSeq, through }
    },
    erase: (order) => eraser.erase(order),
    async certificates() {
      return Promise.all((await store.erasures()).map((erasure) => eraser.certify(erasure)))
    },
    certify: (erasure) => eraser.certify(erasure),
    async issueReport(report) {
      const isNew = await thread.call({ kind: 'noteIssue', report })
      if (!isNew) return
      passCrashPoint('issue-noted')
      hurry()
    },
    reportIssue: (reportHash) => thread.call({ kind: 'issue', reportHash }),
    obey: () => eraser.obey(),
    eraseAlso: (copies) => eraser.eraseAlso(copies),
    store,
    status: (): RecordsStatus => ({
      recorder: sender.address,
      recorderId: onChain.recorderId,
      unbatched: depth.unbatched,
      unanchored: depth.unanchored,
      oldestUnanchored: depth.oldest,
      nextSeq: depth.nextSeq,
      policySeq,
      through: recorder.onChain.through,
      watermarkAge: Math.max(0, Math.floor(clock() / 1_000) - recorder.onChain.through),
      isBehind: journal.isBehind(),
      secondsToMaxUnanchored: trend.secondsUntil(journal.maxUnanchoredMs / 1_000),
      head: recorder.onChain.head,
      trouble: recorder.trouble ?? journal.unavailable() ?? null,
      issues: { ...depth.issues, trouble: depth.issues.waiting === 0 ? null : recorder.issueTrouble },
      spending: recorder.spending,
      warning: recorder.warning ?? storeTrouble ?? (journal.isBehind() ? BEHIND : null),
    }),
    async setRules(rules) {
      const { seq } = await recordPolicy(journal, rules) // when it cannot be recorded the old ones stay in force
      policySeq = seq
      recorder.setPace(rules)
      journal.maxUnanchoredMs = rules.maxUnanchoredMs
      eraser.setLimits(limitsOf(rules))
      minFree = rules.minFreeBytes
      clearInterval(timer)
      timer = setInterval(() => void recorder.round(), rules.anchorEveryMs)
      return { seq }
    },
    async stop() {
      endReading()
      clearInterval(timer)
      clearInterval(depthTimer)
      clearInterval(sweepTimer)
      clearInterval(obeyTimer)
      await journal.stop()
      await recorder.finish(FINISH_MS) // what is decided goes out if the chain answers; else it waits on disk
      await thread.call({ kind: 'close' })
      await Promise.all([thread.end(), store.end()])
    },
  }
}

const limitsOf = ({ minimumRetentionMs, retentionMs }: Pick<RecordsRules, 'minimumRetentionMs' | 'retentionMs'>) => ({
  minimumSeconds: Math.floor(minimumRetentionMs / 1_000),
  retentionSeconds: Math.floor(retentionMs / 1_000),
})

async function openJournal(thread: JournalThread, onChain: RecorderOnChain, path: string) {
  const opened = await thread.call({ kind: 'open' })
  if (opened.nextSeq >= onChain.nextSeq) return opened
  await thread.end()
  const remedy = 'Restore the latest journal, or stop this recorder and begin with a new key: nothing was changed.'
  const what = `${path} ends before sequence ${opened.nextSeq}, but the chain holds records up to ${onChain.nextSeq - 1}`
  throw new RecordsError('JOURNAL_FOREIGN', `${what}. ${remedy}`)
}

/** What nobody's patience heals is refused; an unreachable store delays nothing, and is tried again by every copy. */
async function openStore(store: StoreThread, thread: JournalThread, log: Logger): Promise<void> {
  try {
    await store.open()
  } catch (error) {
    if (!(error instanceof RecordsError) || !REFUSED_STORES.includes(error.code)) {
      return log.warn({ err: error }, 'evidence store cannot be opened, trying again')
    }
    await Promise.all([thread.end(), store.end()])
    throw error
  }
}

/** A disk that does not tell is not called full: a write that fails says so itself. */
async function isDiskLow(path: string, minFree: number): Promise<boolean> {
  const disk = await statfs(dirname(path)).catch(() => undefined)
  return disk !== undefined && disk.bavail * disk.bsize < minFree
}

type Policy = Pick<RecordsRules, 'rules' | 'capture'>

function recordPolicy(journal: Journal, { rules, capture }: Policy): Promise<{ seq: number }> {
  const topicId = toHex(sha256(utf8(canonicalJson(rules))))
  const verdict = { outcome: Outcome.ALLOWED, denialReason: DenialReason.NONE }
  const access = { action: Action.POLICY, ...verdict, account: ZERO_ADDRESS, topicId, grantId: 0 }
  return journal.setPolicy({ ...access, evidence: { rules } }, capture)
}
