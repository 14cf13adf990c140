/** @module What each recorder has proven for the period (DESIGN section 3: complete exactly when …). Pure. */
import { RecorderState } from '../../domain/enums.ts'
import type { Bundle, BundleRecorder } from '../verify/format/bundle.ts'
import type { RecorderFacts } from '../verify/format/report.ts'
import type { History } from './history.ts'
import { timeOf } from './period.ts'
import { nameOf } from './rows.ts'

export function recorderFacts(
  { recorder, id, batches }: BundleRecorder,
  { bundle, history }: { bundle: Bundle; history: History },
): RecorderFacts {
  const { from, to } = bundle.question
  const service = history.service.get(recorder)
  const addedAt = timeOf(bundle.blocks, service?.addedBlock ?? -1)
  const endedAt = endOf(bundle, service)
  const last = batches.at(-1)
  // The contract starts both at the time of adding.
  const { through, builtAt } = last ?? { through: addedAt, builtAt: addedAt }
  return {
    recorder,
    id,
    state: nameOf(RecorderState, history.view.recorder(recorder)?.state ?? RecorderState.NONE),
    addedAt,
    endedAt,
    firstSeq: batches.find(({ count }) => count > 0)?.firstSeq ?? null,
    lastSeq: last === undefined || last.firstSeq + last.count === 1 ? null : last.firstSeq + last.count - 1,
    through,
    builtAt,
    servedInPeriod: addedAt <= to && (endedAt === null || endedAt >= from),
    complete: through >= Math.min(to, endedAt ?? to),
  }
}

function endOf(bundle: Bundle, service: ReturnType<History['service']['get']>): number | null {
  if (service?.stoppedBlock !== undefined) return timeOf(bundle.blocks, service.stoppedBlock)
  return service?.retiredAt ?? null
}
