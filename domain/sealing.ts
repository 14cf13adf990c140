/**
 * @module Sealed records (DESIGN section 4): which are, and the two halves of one. On chain stand recorder, sequence and
 * outcome; the evidence, bound by its leaf and erasable, holds the rest. Pure.
 */
import { type AccessRecord, sealRecord } from './access-record.ts'
import type { Address } from './bytes.ts'
import type { ContractView, Topic } from './contract-state.ts'
import { Action, OutcomeFlag, Right } from './enums.ts'
import type { SealedFacts } from './evidence.ts'
import { areaOf, overlaps } from './filter-overlap.ts'
import type { Shortfall } from './room.ts'
import { parseSubscription } from './topic-filter.ts'
import { anchorOf } from './view.ts'

/** What is asked: a decision and the name, or filter, that it was about; empty for what concerns no topic. */
export interface Sealable {
  action: Action
  account: Address
  name: string
}

const OF_ACCOUNTS: readonly number[] = [Action.CONNECT, Action.AUTHENTICATE, Action.CUT]

/** Returns true when the terms of a sealed topic want the record of this decision sealed. */
export function mustSeal(view: ContractView, { action, account, name }: Sealable): boolean {
  const sealed = view.sealedTopics()
  const shortfalls = view.shortfalls()
  if (sealed.size === 0 && shortfalls.length === 0) return false
  if (OF_ACCOUNTS.includes(action)) return mayHoldUnknown(shortfalls, sealed) || isConcerned(view, account, sealed)
  if (name === '') return false
  const asked = parseSubscription(name) ?? name
  if (shortfalls.some(({ name: first, topics }) => topics > 0 && overlaps(`${first}/#`, asked))) return true
  // An ill-formed name is about nothing that can be told: rather one sealed record too many.
  for (const topic of sealed) if (overlaps(areaOf(topic.filter, false), asked)) return true
  return false
}

/**
 * Anybody may hold a right that the view had no room for, on a topic that it had no room for. Rather all accounts' records
 * sealed than one that should have been.
 */
function mayHoldUnknown(shortfalls: readonly Shortfall[], sealed: ReadonlySet<Topic>): boolean {
  return shortfalls.some(({ name, topics }) => {
    if (topics > 0) return true
    for (const { filter } of sealed) if (overlaps(areaOf(filter, false), `${name}/#`)) return true
    return false
  })
}

/** Owns a sealed topic, or holds a right, ended or not, that reaches into one. */
function isConcerned(view: ContractView, account: Address, sealed: ReadonlySet<Topic>): boolean {
  for (const topic of sealed) if (anchorOf(view, topic)?.owner === account) return true
  for (const right of [Right.PUBLISH, Right.SUBSCRIBE]) {
    for (const { topicId } of view.grantsOf(account, right)) {
      const filter = view.topicById(topicId)?.filter
      if (filter === undefined) continue
      for (const topic of sealed) if (overlaps(areaOf(topic.filter, false), filter)) return true
    }
  }
  return false
}

/** Returns what the evidence holds of a sealed record. */
export function sealedFacts(record: AccessRecord): SealedFacts {
  const { action, denialReason, countIsLowerBound, account, topicId, grantId, firstAt, span, count } = record
  return { action, denialReason, countIsLowerBound, account, topicId, grantId, firstAt, span, count }
}

/** Returns the record as it was decided, put together from both halves. */
export function openSealed(record: AccessRecord, facts: SealedFacts): AccessRecord {
  return {
    ...record,
    ...facts,
    action: facts.action as AccessRecord['action'],
    denialReason: facts.denialReason as AccessRecord['denialReason'],
  }
}

/** The record before its batch is built: `firstAt` is put in by {@link withBuiltAt}. */
export const sealedForm = (record: AccessRecord): AccessRecord => sealRecord(record, 0)

const OUTCOME_AT = 53
const FIRST_AT = 56
const FIRST_AT_BYTES = 5

/** Returns the 72 bytes of a record in its batch: a sealed one's time is that of the batch, and says nothing. */
export function withBuiltAt(bytes: Uint8Array, builtAt: number): Uint8Array {
  if ((bytes[OUTCOME_AT]! & OutcomeFlag.SEALED) === 0) return bytes
  const placed = Uint8Array.from(bytes)
  for (let i = 0, rest = builtAt; i < FIRST_AT_BYTES; i++, rest = Math.floor(rest / 256)) {
    placed[FIRST_AT + FIRST_AT_BYTES - 1 - i] = rest % 256
  }
  return placed
}
