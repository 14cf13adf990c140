/**
 * @module The journal's thread: the only one that writes its file. A commit waits for no more than the slice of longer
 * work that runs at the moment.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { Bytes32, Hex } from '../../domain/bytes.ts'
import type { SignedReceipt } from '../../domain/receipt.ts'
import { BatchFile } from '../batch/batch-file.ts'
import type { BuildOptions, BuiltBatch, Placed } from '../batch/built-batch.ts'
import { type CopiesToErase, eraseJournalCopies, rememberedErasures } from '../erasure/journal-copies.ts'
import type { IssuesStatus, ReportIssue, ReportToIssue } from '../issue/issue.ts'
import { IssueFile } from '../issue/issue-file.ts'
import { RecordsError } from '../port.ts'
import { type Promised, signReceipt } from '../receipt.ts'
import type { Erasure, StoredEvidence } from '../store/port.ts'
import { answerCalls, inSlices } from '../worker-call.ts'
import { depthOf, type JournalDepth } from './depth.ts'
import { JournalFile } from './journal-file.ts'
import type { Operation } from './operation.ts'
import type { JournalOwner } from './owner.ts'

export interface JournalWorkerData {
  path: string
  owner: JournalOwner
  /** Hex private key of the recorder: it signs receipts. */
  recorderKey: Hex
}

export type JournalRequest =
  | { kind: 'open' }
  | { kind: 'commit'; operations: Operation[] }
  | { kind: 'receipt'; promised: Promised }
  | { kind: 'build'; options: BuildOptions }
  | { kind: 'pending' }
  | { kind: 'bytes'; batch: BuiltBatch }
  | { kind: 'evidence'; batch: BuiltBatch }
  | { kind: 'setBlocks'; placed: Placed[] }
  | { kind: 'setCopied'; ids: number[] }
  | { kind: 'forget'; ids: number[] }
  | { kind: 'depth' }
  | { kind: 'spending' }
  | { kind: 'noteSpending'; text: string }
  | { kind: 'noteIssue'; report: ReportToIssue }
  | { kind: 'issue'; reportHash: Bytes32 }
  | { kind: 'openIssues' }
  | { kind: 'putIssues'; changed: ReportIssue[] }
  | { kind: 'erase'; copies: CopiesToErase }
  | { kind: 'erasures' }
  | { kind: 'close' }

export interface JournalAnswers {
  open: { nextSeq: number; lastMs: number }
  commit: number[]
  receipt: SignedReceipt
  build: number
  pending: BuiltBatch[]
  bytes: Uint8Array
  evidence: StoredEvidence[]
  setBlocks: undefined
  setCopied: undefined
  forget: undefined
  depth: JournalDepth & { issues: Omit<IssuesStatus, 'trouble'> }
  spending: string | undefined
  noteSpending: undefined
  noteIssue: boolean
  issue: ReportIssue | undefined
  openIssues: ReportIssue[]
  putIssues: undefined
  erase: string[]
  erasures: Erasure[]
  close: undefined
}

type Kind = JournalRequest['kind']
type Handled<K extends Kind> = JournalAnswers[K] | Promise<JournalAnswers[K]>

const SPENDING = 'spending'

let file: JournalFile | undefined
let batchFile: BatchFile | undefined
let issueFile: IssueFile | undefined

answerCalls(parentPort, handle)

function handle(request: JournalRequest): Handled<Kind> {
  if (request.kind === 'open') {
    const { path, owner } = workerData as JournalWorkerData
    file = new JournalFile(path, owner)
    batchFile = new BatchFile(file)
    issueFile = new IssueFile(file.db)
    return { nextSeq: file.nextSeq(), lastMs: file.lastMs() }
  }
  if (file === undefined || batchFile === undefined || issueFile === undefined)
    throw new RecordsError('JOURNAL_CLOSED', 'the journal is not open')
  switch (request.kind) {
    case 'commit':
      return file.commit(request.operations)
    case 'receipt':
      return signReceipt(file, (workerData as JournalWorkerData).recorderKey, request.promised)
    case 'build':
      return inSlices(batchFile.build(request.options))
    case 'pending':
      return batchFile.pending()
    case 'bytes':
      return batchFile.bytesOf(request.batch)
    case 'evidence':
      return inSlices(batchFile.evidenceOf(request.batch))
    case 'setBlocks':
      batchFile.setBlocks(request.placed)
      return undefined
    case 'setCopied':
      batchFile.setCopied(request.ids)
      return undefined
    case 'forget':
      return inSlices(batchFile.forget(request.ids))
    case 'spending':
      return file.get(SPENDING)
    case 'noteSpending':
      file.set(SPENDING, request.text)
      return undefined
    case 'depth':
      return { ...depthOf(file), issues: issueFile.counts() }
    case 'noteIssue':
      return issueFile.note(request.report)
    case 'issue':
      return issueFile.one(request.reportHash)
    case 'openIssues':
      return issueFile.open()
    case 'putIssues':
      issueFile.put(request.changed)
      return undefined
    case 'erase':
      return eraseJournalCopies(file, request.copies)
    case 'erasures':
      return rememberedErasures(file)
    case 'close':
      file.close()
      file = undefined
      batchFile = undefined
      issueFile = undefined
      return undefined
  }
}
