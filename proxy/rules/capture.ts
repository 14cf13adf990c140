/**
 * @module Which window, and whether sealed: for each of the two the first rule that matches and names it counts. Rules
 * choose between forms of a record, never whether there is one. Pure.
 */

import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { overlaps } from '../../domain/filter-overlap.ts'
import { covers, type TopicFilter } from '../../domain/topic-filter.ts'
import { OTHERS } from '../../records/journal/window.ts'
import type { Access, ChooseCapture } from '../../records/port.ts'
import { CAPTURED, type CapturedName, type CaptureRuleOf } from './schema.ts'

const RULED: readonly number[] = Object.values(CAPTURED)

/** What a rule looks at. */
export interface Captured {
  action: Action
  outcome: Outcome
  proved: boolean
  /** The concrete name; of a SUBSCRIBE the filter asked for; empty for what concerns no topic. */
  name: string
}

export interface Choice {
  windowMs: number
  isSealed: boolean
  /** Which rule chose the window; -1: none, so a record of its own. */
  windowRule: number
}

export const UNPROVED_ATTEMPT: Captured = { action: Action.CONNECT, outcome: Outcome.DENIED, proved: false, name: '' }

export function chooseBy(rules: readonly CaptureRuleOf[], captured: Captured): Choice {
  const windowRule = rules.findIndex((rule) => rule.window !== undefined && applies(rule, captured))
  const record = rules.find((rule) => rule.record !== undefined && applies(rule, captured))
  return { windowMs: rules[windowRule]?.window ?? 0, isSealed: record?.record === 'sealed', windowRule }
}

/** Returns the choice as the journal asks it. */
export function chooseCapture(rules: readonly CaptureRuleOf[]): ChooseCapture {
  return (access: Access, name: string) => {
    const proved = access.network === undefined
    // Bans, policies and what the operator shows or erases are for all to read.
    if (!RULED.includes(access.action)) return { windowMs: 0, isSealed: false }
    const { windowMs, isSealed } = chooseBy(rules, { action: access.action, outcome: access.outcome, proved, name })
    return { windowMs: Math.max(windowMs, leastWindowOf(access)), isSealed }
  }
}

/** What somebody can ask for without end must not spend the operator's ETH, whatever the rules say. */
const MIN_CROWD_WINDOW_MS = 60_000
/** All others at once are only counted: ten minutes more or less say nothing of anybody. */
const OTHERS_WINDOW_MS = 600_000
const SHUT_OUT: readonly number[] = [DenialReason.BANNED, DenialReason.WALLET_SUSPENDED]

function leastWindowOf(access: Access): number {
  if (access.network === OTHERS) return OTHERS_WINDOW_MS
  return access.isCrowded === true || isShutOut(access) ? MIN_CROWD_WINDOW_MS : 0
}

/** A CONNECT that the account itself is refused: all of its attempts share a window. */
export const isShutOut = ({ action, denialReason }: Pick<Access, 'action' | 'denialReason'>): boolean =>
  action === Action.CONNECT && SHUT_OUT.includes(denialReason)

function applies({ when, record }: CaptureRuleOf, { action, outcome, proved, name }: Captured): boolean {
  if (when === undefined) return true
  if (when.action !== undefined && !when.action.some((word: CapturedName) => CAPTURED[word] === action)) return false
  if (when.outcome !== undefined && (when.outcome === 'denied') !== (outcome === Outcome.DENIED)) return false
  if (when.proved !== undefined && when.proved !== proved) return false
  return when.topic === undefined || concerns(when.topic, { action, name, isStrict: record === 'sealed' })
}

/** A SUBSCRIBE asks for many names: sealed if one of them is to be, in a window only if all are. */
function concerns(
  topic: TopicFilter,
  { action, name, isStrict }: { action: Action; name: string; isStrict: boolean },
): boolean {
  if (name === '') return false
  if (action === Action.SUBSCRIBE && isStrict) return overlaps(topic, name)
  return covers(topic, name as TopicFilter)
}
