/** @module What the bundle's own events amount to: the verifier's fold, made from raw logs alone. */
import type { ContractEvent } from '../../../contracts/abi/events.ts'
import type { Address } from '../../../domain/bytes.ts'
import { View, type ViewEvent } from '../../../domain/view.ts'
import type { Bundle } from '../format/bundle.ts'
import { decodeBundleLog } from '../format/raw-log.ts'

export interface Folded {
  /** At the report's block. */
  view: View
  events: ContractEvent[]
  /** Block number to time, from headers that hash to their hashes. */
  times: Map<number, number>
  recorders: Map<Address, RecorderLife>
}

export interface RecorderLife {
  id: number
  addedAt: number
  /** When it stopped serving: retired, or stopped. */
  endedAt: number | null
  isStopped: boolean
}

export function foldBundle(bundle: Bundle): Folded {
  const { contract } = bundle.deployment
  const events = bundle.logs.flatMap((log) => decodeBundleLog(log, contract) ?? [])
  const folded: Folded = {
    view: new View(),
    events,
    times: new Map(bundle.blocks.map(({ number, timestamp }) => [number, timestamp])),
    recorders: new Map(),
  }
  for (const event of events) {
    folded.view.apply(event as ViewEvent)
    foldRecorder(folded, event)
  }
  return folded
}

function foldRecorder({ recorders, times }: Folded, event: ContractEvent): void {
  const at = times.get(event.log.blockNumber) ?? 0
  if (event.name === 'RecorderAdded') {
    recorders.set(event.args.recorder, { id: event.args.recorderId, addedAt: at, endedAt: null, isStopped: false })
  }
  if (event.name === 'RecorderRetired')
    Object.assign(recorders.get(event.args.recorder) ?? {}, { endedAt: event.args.retiredAt })
  if (event.name === 'RecorderStopped')
    Object.assign(recorders.get(event.args.recorder) ?? {}, { endedAt: at, isStopped: true })
}
