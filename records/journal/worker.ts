/** @module The journal's thread: the only one that has its file open. Packets never wait here for more than a commit. */
import { parentPort, workerData } from 'node:worker_threads'
import { BatchFile, type BuildOptions, type BuiltBatch } from '../batch/batch-file.ts'
import { type CopiesToErase, eraseJournalCopies, rememberedErasures } from '../erasure/journal-copies.ts'
import { RecordsError, type StoredEvidence } from '../port.ts'
import type { Erasure } from '../store/port.ts'
import type { WorkerAnswer } from '../worker-call.ts'
import { JournalFile, type JournalOwner, type Operation } from './journal-file.ts'

export interface JournalWorkerData {
  path: string
  owner: JournalOwner
}

export type JournalRequest =
  | { kind: 'open' }
  | { kind: 'commit'; operations: Operation[] }
  | { kind: 'build'; options: BuildOptions }
  | { kind: 'pending' }
  | { kind: 'bytes'; batch: BuiltBatch }
  | { kind: 'evidence'; batch: BuiltBatch }
  | { kind: 'setBlock'; ids: number[]; block: number | null }
  | { kind: 'setCopied'; id: number }
  | { kind: 'forget'; ids: number[] }
  | { kind: 'depth' }
  | { kind: 'spending' }
  | { kind: 'noteSpending'; text: string }
  | { kind: 'erase'; copies: CopiesToErase }
  | { kind: 'erasures' }
  | { kind: 'close' }

export interface JournalDepth {
  unbatched: number
  unanchored: number
  oldest: number | null
  nextSeq: number
  /** The first sequence that is not final. */
  finalSeq: number
}

export interface JournalAnswers {
  open: { nextSeq: number; lastMs: number }
  commit: number[]
  build: number
  pending: BuiltBatch[]
  bytes: Uint8Array
  evidence: StoredEvidence[]
  setBlock: undefined
  setCopied: undefined
  forget: undefined
  depth: JournalDepth
  spending: string | undefined
  noteSpending: undefined
  erase: string[]
  erasures: Erasure[]
  close: undefined
}

let file: JournalFile | undefined
let batchFile: BatchFile | undefined

parentPort?.on('message', (request: JournalRequest) => {
  parentPort?.postMessage(answer(request))
})

function answer(request: JournalRequest): WorkerAnswer<unknown> {
  try {
    return { ok: true, value: handle(request) }
  } catch (error) {
    const { message } = error as Error
    return error instanceof RecordsError
      ? { ok: false, error: message, errorCode: error.code }
      : { ok: false, error: message }
  }
}

function handle(request: JournalRequest): JournalAnswers[JournalRequest['kind']] {
  if (request.kind === 'open') {
    const { path, owner } = workerData as JournalWorkerData
    file = new JournalFile(path, owner)
    batchFile = new BatchFile(file)
    return { nextSeq: file.nextSeq(), lastMs: file.lastMs() }
  }
  if (file === undefined || batchFile === undefined) throw new RecordsError('JOURNAL_CLOSED', 'the journal is not open')
  switch (request.kind) {
    case 'commit':
      return file.commit(request.operations)
    case 'build':
      return batchFile.build(request.options)
    case 'pending':
      return batchFile.pending()
    case 'bytes':
      return batchFile.bytesOf(request.batch)
    case 'evidence':
      return batchFile.evidenceOf(request.batch)
    case 'setBlock':
      batchFile.setBlock(request.ids, request.block)
      return undefined
    case 'setCopied':
      batchFile.setCopied(request.id)
      return undefined
    case 'forget':
      batchFile.forget(request.ids)
      return undefined
    case 'spending':
      return file.spending()
    case 'noteSpending':
      file.noteSpending(request.text)
      return undefined
    case 'depth':
      return { ...file.depth(), nextSeq: file.nextSeq(), finalSeq: file.remembered()?.nextSeq ?? 1 }
    case 'erase':
      return eraseJournalCopies(file, request.copies)
    case 'erasures':
      return rememberedErasures(file)
    case 'close':
      file.close()
      file = undefined
      batchFile = undefined
      return undefined
  }
}
