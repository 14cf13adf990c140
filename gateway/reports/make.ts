/** @module Makes one report in a thread of its own, within limits of time and memory. */
import { Worker } from 'node:worker_threads'
import type { StoredReport } from '../../records/store/port.ts'
import type { ReportProgress } from '../../reports/compile/progress.ts'
import type { Failed } from './failure.ts'
import type { FromMaker, MakingOrder, ToMaker } from './making.ts'
import { type MadeReportFacts, MakingError } from './report.ts'

export interface Making {
  onProgress(progress: ReportProgress): void
  /** Resolves with the state to keep beside the file. Rejects: it is not kept. */
  approve(made: MadeReportFacts): Promise<StoredReport>
}

export interface MakingLimits {
  timeMs: number
  heapMb: number
}

export const MAKING_LIMITS: MakingLimits = { timeMs: 10 * 60_000, heapMb: 1_024 }

export interface Maker {
  /** Resolves once the report is kept. Rejects MakingError, or what `approve` rejects with. */
  done: Promise<void>
  end(): Promise<unknown>
}

export function makeInThread(order: MakingOrder, making: Making, { timeMs, heapMb }: MakingLimits): Maker {
  const worker = new Worker(new URL('./make-worker.ts', import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  })
  const done = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(tooSlow(timeMs)), timeMs)
    const settle = (work: () => void): void => {
      clearTimeout(timer)
      work()
    }
    worker.on('message', (message: FromMaker) => {
      if ('progress' in message) making.onProgress(message.progress)
      else if ('made' in message) {
        making.approve(message.made).then(
          // From here on it is kept: what is done is not too slow.
          (keep) => settle(() => worker.postMessage({ keep } satisfies ToMaker)),
          (error: unknown) => settle(() => reject(error)),
        )
      } else if ('isKept' in message) settle(() => (message.isKept ? resolve() : reject(erased())))
      else settle(() => reject(failed(message.failed)))
    })
    worker.on('error', (error) => settle(() => reject(crashed(error))))
    worker.on('exit', () => settle(() => reject(new MakingError('INTERRUPTED', 'The gateway stopped. Ask again.'))))
  }).finally(() => worker.terminate())
  return { done, end: () => worker.terminate() }
}

const failed = ({ code, message, detail }: Failed): MakingError =>
  new MakingError(code, message, detail === undefined ? {} : { cause: detail })

const tooSlow = (timeMs: number): MakingError =>
  new MakingError(
    'REPORT_TOO_SLOW',
    `It took longer than ${Math.ceil(timeMs / 60_000)} minutes. Ask for a shorter period or a narrower topic.`,
  )

const erased = (): MakingError =>
  new MakingError('EVIDENCE_ERASED', 'Evidence of it was erased while it was made. Ask again for one without it.')

function crashed(error: Error & { code?: string }): MakingError {
  return error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new MakingError('REPORT_TOO_LARGE', 'It takes too much memory. Ask for a shorter period or a narrower topic.')
    : new MakingError('INTERNAL', 'Something failed here. Ask again; the operator finds it in the log.', {
        cause: error,
      })
}
