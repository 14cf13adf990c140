/** @module One open window in memory: what it has counted since its opening was committed. */
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { MAX_EVIDENCE_NAMES } from '../../domain/evidence.ts'
import { MAX_U24 } from '../../domain/packed.ts'
import type { Access, AccessWindow, Capture, Use } from '../port.ts'
import type { EntryState } from './entry.ts'

export class OpenWindow implements AccessWindow {
  readonly id: number
  readonly access: Access
  readonly capture: Capture
  readonly durable: Promise<void>
  isDurable = false
  isClosed = false
  /** Resolves once what it counted to its end is on disk. */
  closing: Promise<void> | undefined
  /** Set by each use, cleared by a checkpoint. */
  isDirty = false
  readonly #now: () => number
  readonly #firstMs: number
  #lastMs: number
  #count = 0
  #bytes = 0
  #unnamed = 0
  readonly #qos: [number, number, number] = [0, 0, 0]
  readonly #names = new Map<string, number>()
  #settle: { resolve: () => void; reject: (error: Error) => void } = { resolve: () => {}, reject: () => {} }

  constructor(id: number, access: Access, { capture, now }: { capture: Capture; now: () => number }) {
    this.id = id
    this.access = access
    this.capture = capture
    this.#now = now
    this.#firstMs = now()
    this.#lastMs = this.#firstMs
    this.durable = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // Who cares awaits it; a window that nobody awaits any more must not end the process.
    this.durable.catch(() => {})
  }

  add(use: Use): boolean {
    if (this.isClosed || this.#count >= MAX_U24 || !this.#countName(use.name)) return false
    this.#count++
    this.#bytes += use.bytes
    this.#qos[use.qos]++
    this.#lastMs = this.#now()
    this.isDirty = true
    return true
  }

  /** The opening is on disk: its first packet may move. */
  opened(): void {
    this.isDurable = true
    this.#settle.resolve()
  }

  /** The opening never will be: no record, no access. */
  failed(error: Error): void {
    this.isClosed = true
    this.#settle.reject(error)
  }

  /** Returns what a checkpoint, or the record, says. */
  state(): EntryState {
    const { connectionId: _connection, network: _network, evidence, ...rest } = this.access
    const { isSealed: _isSealed, isCrowded: _isCrowded, ...access } = rest
    const names = [...this.#names].map(([name, count]) => ({ name, count }))
    // What was shown has no packets.
    const packets = access.action === Action.DISCLOSE ? {} : { bytes: this.#bytes, qos: copyOf(this.#qos) }
    return {
      access,
      evidence: {
        ...evidence,
        ...(names.length === 0 ? {} : { names, ...packets }),
        ...(this.#unnamed === 0 ? {} : { unnamed: this.#unnamed }),
      },
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      count: this.#count,
      ...(this.capture.isSealed ? { isSealed: true } : {}),
    }
  }

  /** Allowed: at most 64 names, then a new window. Denied: strangers choose the names, so the rest is only counted. */
  #countName(name: string): boolean {
    if (name === '') return true
    const counted = this.#names.get(name)
    if (counted === undefined && this.#names.size >= MAX_EVIDENCE_NAMES) {
      if (this.access.outcome === Outcome.ALLOWED) return false
      this.#unnamed++
      return true
    }
    this.#names.set(name, (counted ?? 0) + 1)
    return true
  }
}

const copyOf = ([none, once, twice]: readonly [number, number, number]): [number, number, number] => [none, once, twice]

/**
 * What shares a window: (connection, account, action, topicId, outcome, reason, grant), captured alike; unproved attempts
 * by network.
 */
export function windowKey(access: Access, { windowMs, isSealed }: Capture): string {
  const { action, outcome, denialReason, connectionId, account, topicId, grantId, network, isCrowded } = access
  if (network !== undefined) return `${action}|${denialReason}|${network}|${isSealed}`
  // Renewals share a window only when there are too many, and each names the key that signed.
  const device = isCrowded === true ? access.evidence.device : undefined
  return `${connectionId}|${account}|${action}|${topicId}|${outcome}|${denialReason}|${grantId}|${windowMs}|${isSealed}|${device}`
}

/** The network of those that have none of their own. */
export const OTHERS = 'others'

/** Where unproved attempts go beyond 256 windows, so that strangers cannot spend the operator's ETH. */
export function othersOf(access: Access): Access {
  const { action, outcome, account, topicId } = access
  const others = { action, outcome, account, topicId, grantId: 0, denialReason: DenialReason.LIMIT_EXCEEDED }
  // Crowded whatever the rules say of the action: they need give a window to CONNECT alone.
  return { ...others, network: OTHERS, isCrowded: true, evidence: {} }
}
