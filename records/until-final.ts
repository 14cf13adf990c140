/** @module Waits until what is recorded is final, with the watermark beyond it. */
import type { JournalThread } from './journal/journal-thread.ts'
import { RecordsError } from './port.ts'
import type { Recorder } from './recorder/recorder.ts'

const LOOK_MS = 50

export interface FinalWait {
  thread: JournalThread
  recorder: Recorder
  /** The first sequence that need not be final. */
  upTo: number
  /** Unix seconds that the watermark must reach. */
  second: number
  timeoutMs: number
  clock: () => number
}

/** Resolves with the watermark. Rejects CHAIN_UNREACHABLE after `timeoutMs`. */
export async function waitUntilFinal({ thread, recorder, upTo, second, timeoutMs, clock }: FinalWait): Promise<number> {
  const end = clock() + timeoutMs
  for (;;) {
    await recorder.round()
    const { finalSeq } = await thread.call({ kind: 'depth' })
    if (finalSeq >= upTo && recorder.onChain.through >= second) return recorder.onChain.through
    if (clock() > end) {
      const why = recorder.trouble ?? 'the chain has not confirmed it yet'
      throw new RecordsError('CHAIN_UNREACHABLE', `Not all records are final after ${timeoutMs / 1_000} s: ${why}`)
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** A watermark never covers the second that it was built in. */
export async function untilSecondEnds(second: number, clock: () => number): Promise<void> {
  const left = (second + 1) * 1_000 - clock()
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left))
}
