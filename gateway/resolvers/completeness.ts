/**
 * @module Whether a period is covered: every recorder that served in it has proven that nothing which it decided up to the
 * period's end, or its own, can still be missing (DESIGN section 3).
 */
import type { AuditRecorder } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'
import { assertPeriod } from './access-records.ts'
import { at } from './as-of.ts'
import { assertStands } from './connection.ts'
import { type AsOf, assertTimeReached, blockOf, type GatewayContext } from './context.ts'

interface Period {
  from: number
  to: number
}

export async function completeness(_: unknown, args: Period & { asOf?: AsOf | null }, context: GatewayContext) {
  const { from, to, asOf } = args
  assertPeriod({ from, to })
  await assertTimeReached(context, to)
  const block = await blockOf(context, asOf)
  if (asOf !== null && asOf !== undefined && to > block.time) {
    refuse(
      'BAD_PERIOD',
      '`to` lies after the moment that the answer is as of. Name an earlier one, or leave `asOf` out.',
    )
  }
  const recorders = await context.store.recorders(block.number)
  await assertStands(context, block)
  const coverage = recorders.map((recorder) => ({
    ...coverageOf(recorder, { from, to }),
    recorder: at(recorder, block),
  }))
  const open = coverage.filter(({ served, complete }) => served && !complete)
  return {
    from,
    to,
    complete: open.length === 0,
    through: lowestWatermark(recorders),
    recorders: coverage,
    verdict: verdictOf(coverage.filter(({ served }) => served).length, open.length),
    asOf: block,
  }
}

export interface Coverage {
  /** Whether it can have decided anything in the period. */
  served: boolean
  complete: boolean
  /** How far its watermark has to reach, Unix seconds. */
  needed: number
}

export function coverageOf({ addedAt, endedAt, through }: AuditRecorder, { from, to }: Period): Coverage {
  const needed = Math.min(to, endedAt ?? to)
  const served = addedAt <= to && (endedAt === undefined || endedAt >= from)
  return { served, complete: through >= needed, needed }
}

/** Up to when any period is complete; null where nothing serves. A stopped recorder has nothing more to come. */
export function lowestWatermark(recorders: readonly AuditRecorder[]): number | null {
  const serving = recorders.filter(
    ({ state, endedAt, through }) => state !== 'STOPPED' && (endedAt === undefined || endedAt > through),
  )
  return serving.length === 0 ? null : Math.min(...serving.map(({ through }) => through))
}

function verdictOf(served: number, open: number): string {
  if (served === 0) return 'No recorder served in this period: nothing was decided in it that could be missing.'
  if (open === 0) return 'Nothing is missing: every recorder that served has proven that it wrote all it decided.'
  return `${open} of ${served} recorders have not proven yet that they wrote all they decided. Ask up to \`through\`, or again later; of a stopped one nothing more will come.`
}
