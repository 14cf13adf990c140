/**
 * @module The thread that makes one report: it reads the chain and the evidence itself, opens what the viewer may see at
 * head, and keeps the file once the main thread says so. Queries and packets come first: it is of low priority.
 */
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { createFailoverRpc } from '../../contracts/rpc/failover.ts'
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import { openEvidence, openEvidenceStore } from '../../records/store/open-store.ts'
import type { StoredReport } from '../../records/store/port.ts'
import { createChainSource } from '../../reports/chain-source.ts'
import type { Viewer } from '../../reports/compile/viewer.ts'
import { type MadeReport, makeReport } from '../../reports/make-report.ts'
import { openFileSigner } from '../../reports/sign/file-signer.ts'
import { roleOf } from '../evidence/evidence-desk.ts'
import { createRoles, type Roles, rememberedRoles } from '../sign-in/roles.ts'
import { failureOf } from './failure.ts'
import type { FromMaker, MakingOrder, ToMaker } from './making.ts'
import { MakingError, type Opened } from './report.ts'

/** More is no report that anybody reads, takes a gigabyte of memory, and fills the store. */
const MAX_ROWS = 10_000
const MAX_FILE_BYTES = 64 << 20
const PROGRESS_EVERY_MS = 200

const tell = (message: FromMaker): void => parentPort?.postMessage(message)

async function work({ place, question, requester }: MakingOrder): Promise<void> {
  // On Linux a thread has a priority of its own; elsewhere it would be the whole gateway's.
  if (process.platform === 'linux') setPriority(10)
  const made = await make({ place, question, requester })
  const kept = new Promise<StoredReport>((resolve) => parentPort?.once('message', ({ keep }: ToMaker) => resolve(keep)))
  tell({ made: factsOf(made) })
  const report = await kept
  const store = await openEvidenceStore(place.evidencePath)
  try {
    const { pdf: file, reportHash, evidence: records } = made
    tell({ isKept: await store.keepReport({ report, reportHash, file, records }) })
  } finally {
    store.close()
  }
}

async function make({ place, question, requester }: MakingOrder): Promise<MadeReport & { opened: Opened[] }> {
  const { chainId, contract, deployBlock, confirmations } = place
  const rpc = createFailoverRpc(place.rpcUrl, { deployment: { chainId, address: contract } })
  const store = await openEvidence(place.evidencePath)
  const signedAt = Math.floor(Date.now() / 1_000)
  const { viewer, opened } = openingFor(requester, rememberedRoles(createRoles(rpc, contract)))
  try {
    const made = await makeReport({
      question,
      source: createChainSource(rpc, contract, (recorderId, seq) => store.batch(recorderId, seq)),
      deployment: { chainId, contract, deployBlock },
      confirmations,
      signer: openFileSigner({ dir: place.signerDir, now: signedAt }),
      signedAt,
      maxRows: MAX_ROWS,
      viewer,
      onProgress: atIntervals((progress) => tell({ progress })),
    })
    if (made.pdf.length > MAX_FILE_BYTES) throw new MakingError('REPORT_TOO_LARGE', TOO_LARGE)
    return { ...made, opened: [...opened.values()] }
  } finally {
    store.close()
  }
}

const TOO_LARGE = 'The report would be too large. Ask for a shorter period or a narrower topic.'

/** As a record's evidence is opened to a query, and what of it was. */
function openingFor(account: Address, roles: Roles): { viewer: Viewer; opened: Map<string, Opened> } {
  const opened = new Map<string, Opened>()
  const mayOpen: Viewer['mayOpen'] = async (record, filter, isSealed) => {
    const role = await roleOf(roles, account, { account: record.account, filter })
    if (role === undefined) return false
    const isOwn = role === 'SUBJECT'
    const topicId: Bytes32 = record.topicId
    const key = `${topicId} ${isOwn}`
    const isAnySealed = isSealed || opened.get(key)?.isSealed === true
    opened.set(key, { topicId, filter: filter ?? null, isOwn, isSealed: isAnySealed })
    return true
  }
  return { viewer: { account, mayOpen }, opened }
}

function factsOf({ pdf, reportHash, report, opened, evidence }: MadeReport & { opened: Opened[] }) {
  const { question, block, complete, counts } = report
  const { withheld, erased, notAvailable, rows, notNarrowed } = counts
  return {
    reportHash,
    size: pdf.length,
    from: question.from,
    to: question.to,
    block: { number: block.number, hash: block.hash, time: block.timestamp },
    isComplete: complete,
    rows,
    notNarrowed,
    evidence: { open: evidence.length, withheld, erased, notAvailable },
    opened,
  }
}

/** A new stage is told at once, more of the same now and then. */
function atIntervals<P extends { stage: string }>(report: (progress: P) => void): (progress: P) => void {
  let [stage, at] = ['', 0]
  return (progress) => {
    if (progress.stage === stage && Date.now() - at < PROGRESS_EVERY_MS) return
    stage = progress.stage
    at = Date.now()
    report(progress)
  }
}

work(workerData as MakingOrder).catch((error: unknown) => tell({ failed: failureOf(error) }))
