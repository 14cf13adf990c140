/** @module The period of a question, and the batches that hold its records (DESIGN section 3, watermark and builtAt). Pure. */
import { ReportError } from '../errors.ts'
import { time } from '../texts/format.ts'
import type { BundleBatch, BundleBlock, Question } from '../verify/format/bundle.ts'
import type { History } from './history.ts'

export interface TopicAccessQuestion {
  /** A topic name or filter. */
  topicFilter: string
  /** Unix seconds, included; the deployment's time when absent. */
  from?: number
  /** Unix seconds, included; the lowest watermark when absent. */
  to?: number
}

export interface PeriodFacts {
  history: Pick<History, 'recorders' | 'service'>
  blocks: readonly BundleBlock[]
  deployBlock: number
}

/** Returns the question with both ends. Throws PERIOD_INVALID or NOTHING_RECORDED. */
export function settlePeriod(question: TopicAccessQuestion, facts: PeriodFacts): Question {
  const from = question.from ?? timeOf(facts.blocks, facts.deployBlock)
  const to = question.to ?? lowestWatermark(facts)
  if (to === null) {
    const text =
      'No recorder has written anything yet, so there is no period to report on. Start the proxy, then retry.'
    throw new ReportError('NOTHING_RECORDED', text)
  }
  if (!isSecond(from) || !isSecond(to) || from > to) {
    const text = `The period from ${inWords(from)} to ${inWords(to)} ends before it begins, or is none. Name a beginning before its end; the end is by default up to where the recorders have proven that nothing is missing.`
    throw new ReportError('PERIOD_INVALID', text)
  }
  const given = { fromGiven: question.from !== undefined, toGiven: question.to !== undefined }
  return { topicFilter: question.topicFilter, from, to, ...given }
}

/**
 * Returns up to when nothing can be missing: the lowest watermark of those that still have to record. A recorder that was
 * stopped has nothing more to come, and holds no later report back; its gap shows in the verdict.
 */
export function lowestWatermark({ history, blocks }: Pick<PeriodFacts, 'history' | 'blocks'>): number | null {
  const watermarks = history.recorders.flatMap(({ recorder, batches }) => {
    const service = history.service.get(recorder)
    const through = batches.at(-1)?.through ?? timeOf(blocks, service?.addedBlock ?? -1)
    const isDone = service?.stoppedBlock !== undefined || (service?.retiredAt ?? Number.POSITIVE_INFINITY) <= through
    return isDone ? [] : [through]
  })
  return watermarks.length === 0 ? null : Math.min(...watermarks)
}

/** Returns the batches that can hold a record of the period: from the first built in it to the first that proves its end. */
export function batchesOfPeriod(batches: readonly BundleBatch[], { from, to }: Pick<Question, 'from' | 'to'>) {
  const first = batches.findIndex(({ builtAt }) => builtAt >= from)
  if (first === -1) return []
  const last = batches.findIndex(({ through }, i) => i >= first && through >= to)
  return batches.slice(first, last === -1 ? undefined : last + 1)
}

export function timeOf(blocks: readonly BundleBlock[], number: number): number {
  const found = blocks.find((block) => block.number === number)
  if (found === undefined) throw new RangeError(`block ${number} was not gathered`)
  return found.timestamp
}

const inWords = (seconds: number): string => (isSecond(seconds) ? `${time(seconds)} UTC` : String(seconds))

const isSecond = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < 2 ** 40
