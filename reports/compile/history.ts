/** @module What the contract's events amount to, as a report needs it: the view, and each recorder's batches. Pure. */
import type { ContractEvent, EventOf } from '../../contracts/abi/events.ts'
import type { Address } from '../../domain/bytes.ts'
import { foldHead, seedHead } from '../../domain/head.ts'
import { View, type ViewEvent } from '../../domain/view.ts'
import { inconsistent } from '../errors.ts'
import type { Deployment } from '../source.ts'
import type { BundleBatch, BundleLog, BundleRecorder } from '../verify/format/bundle.ts'

export interface History {
  deployment: Deployment
  view: View
  logs: BundleLog[]
  /** In the order of their numbers. */
  recorders: BundleRecorder[]
  service: Map<Address, Service>
}

/** When a recorder served: its events' blocks date it. */
export interface Service {
  addedBlock: number
  /** Its own time of retirement, or the block that stopped it. */
  retiredAt?: number
  stoppedBlock?: number
}

export const startHistory = (deployment: Deployment): History => ({
  deployment,
  view: new View(),
  logs: [],
  recorders: [],
  service: new Map(),
})

/** Folds one event in; Access is none of them. Throws ReportError where a batch does not follow its recorder's head. */
export function applyLog(history: History, event: ContractEvent): void {
  const { log } = event
  if (event.name === 'Batch') addBatch(history, event)
  else history.view.apply(event as ViewEvent)
  if (event.name === 'RecorderAdded') {
    history.recorders.push({ recorder: event.args.recorder, id: event.args.recorderId, batches: [] })
    history.service.set(event.args.recorder, { addedBlock: log.blockNumber })
  }
  if (event.name === 'RecorderRetired') serviceOf(history, event.args.recorder).retiredAt = event.args.retiredAt
  if (event.name === 'RecorderStopped') serviceOf(history, event.args.recorder).stoppedBlock = log.blockNumber
}

function addBatch(history: History, { args, log }: EventOf<'Batch'>): void {
  const { recorder, firstSeq, ...rest } = args
  const found = history.recorders.find((entry) => entry.recorder === recorder)
  const previous = found?.batches.at(-1)
  const before = previous?.head ?? seedHead(history.deployment.chainId, history.deployment.contract, recorder)
  if (found === undefined || foldHead(before, { ...rest, firstSeq }) !== args.head) {
    throw inconsistent(`batch ${firstSeq} of recorder ${recorder} does not follow the one before`)
  }
  const batch: BundleBatch = {
    ...rest,
    firstSeq: Number(firstSeq),
    blockNumber: log.blockNumber,
    blockHash: log.blockHash,
    transactionHash: log.transactionHash,
    logIndex: log.logIndex,
  }
  found.batches.push(batch)
}

function serviceOf(history: History, recorder: Address): Service {
  const service = history.service.get(recorder)
  if (service === undefined) throw inconsistent(`recorder ${recorder} ends before it was added`)
  return service
}
