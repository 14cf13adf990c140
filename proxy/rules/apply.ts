/** @module Rules in the words of the parts that follow them. Pure. */
import type { RecordsRules } from '../../records/port.ts'
import type { Limits } from '../limits.ts'
import { chooseCapture } from './capture.ts'
import type { Rules } from './read-rules.ts'

/** On the embedded chain gas is free: no limit there, whatever the rules say. */
export function recordsRules(
  { capture, anchoring, storage, document }: Rules,
  { embedded }: { embedded: boolean },
): RecordsRules {
  return {
    rules: document,
    capture: chooseCapture(capture),
    anchorEveryMs: anchoring.every,
    batchMax: anchoring.batch,
    heartbeatMs: anchoring.heartbeat,
    maxUnanchoredMs: anchoring.maxUnanchored,
    spendPerHour: embedded ? undefined : anchoring.spendPerHour,
    minFreeBytes: storage.minFree,
    retentionMs: storage.retention,
    minimumRetentionMs: storage.minimum,
  }
}

/** What bounds memory is no rule of the operator's. */
type RuledLimits = Omit<Limits, 'stalledTimeoutMs' | 'maxBufferedBytes'>

export function limitsOf({ limits }: Rules): RuledLimits {
  const { connectTimeout, ...same } = limits
  return { ...same, connectTimeoutMs: connectTimeout }
}

/** Returns what only a restart can change, in words; undefined when a reload will do. */
export function needsRestart(before: Rules, after: Rules): string | undefined {
  const [was, is] = [before.anchoring.confirmations, after.anchoring.confirmations]
  return was === is ? undefined : `anchoring.confirmations changes from ${was} to ${is}`
}
