/**
 * @module The journal as connections see it: nothing is left out, but what one of them causes without end shares records,
 * since the operator pays for each. Equal decisions of a busy connection share one a minute; what wallets without any right
 * are refused beyond their share is told by network, as attempts that prove nothing are.
 */
import { ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Outcome } from '../../domain/enums.ts'
import { othersOf } from '../../records/journal/window.ts'
import type { Access, AccessJournal, AccessWindow, AnnouncedAccess, Use } from '../../records/port.ts'
import { networkOf } from '../address.ts'
import type { Counters } from '../counters.ts'
import type { Newcomers } from './newcomers.ts'
import { SlidingCounts } from './sliding-counts.ts'

export interface PacedJournalOptions {
  journal: AccessJournal
  newcomers: Pick<Newcomers, 'isOne' | 'take' | 'takeUnproved'>
  /** Read at each question: a reload changes it. */
  limits: { recordsPerConnection: number }
  counters: Pick<Counters, 'count'>
  /** Unix milliseconds. */
  now: () => number
}

const MINUTE_MS = 60_000
/** What `record` resolves with for an access that shares its record. */
export const SHARED_SEQ = 0

export class PacedJournal implements AccessJournal {
  readonly #options: PacedJournalOptions
  readonly #inner: AccessJournal
  readonly #byConnection = new SlidingCounts(MINUTE_MS)

  constructor(options: PacedJournalOptions) {
    this.#options = options
    this.#inner = options.journal
  }

  /** Resolves with SHARED_SEQ for an access that shares its record. */
  async record(access: Access): Promise<{ seq: number }> {
    const shared = this.#crowded(access)
    if (shared === undefined) return this.#inner.record(access)
    await this.#inner.window(this.#amongOthers(shared), asUse(access)).durable
    return { seq: SHARED_SEQ }
  }

  window(access: Access, use: Use): AccessWindow {
    const isRefusedNewcomer = access.outcome === Outcome.DENIED && this.#isNewcomer(access)
    const told = isRefusedNewcomer ? (this.#withoutRoom(access) ?? access) : access
    return this.#inner.window(this.#amongOthers(told), use)
  }

  receipt(seq: number): Promise<string> {
    return seq === SHARED_SEQ ? Promise.reject(new Error('no record of its own')) : this.#inner.receipt(seq)
  }

  announce(access: Access, use: Use): Promise<AnnouncedAccess> {
    return this.#inner.announce(access, use)
  }

  sealWhere(isSealed: (access: Access, name: string) => boolean): void {
    this.#inner.sealWhere(isSealed)
  }

  hurry(): void {
    this.#inner.hurry()
  }

  closeAll(): void {
    this.#inner.closeAll()
  }

  closeConnection(connectionId: number): void {
    // What it caused is not forgotten: a renewal, which it can ask for without end, closes its windows too.
    this.#inner.closeConnection(connectionId)
  }

  unavailable() {
    return this.#inner.unavailable()
  }

  isBehind() {
    return this.#inner.isBehind()
  }

  /** A /48 of IPv6 has 65,536 networks: beyond the room for new ones, all others are one. */
  #amongOthers(access: Access): Access {
    if (access.network === undefined || this.#options.newcomers.takeUnproved(access)) return access
    this.#options.counters.count('unproved:shared')
    return othersOf(access)
  }

  /** Returns the access as it shares a record; undefined: it has one of its own. */
  #crowded(access: Access): Access | undefined {
    if (this.#isNewcomer(access)) return this.#withoutRoom(access)
    const { connectionId } = access
    if (connectionId === undefined) return undefined
    const count = this.#byConnection.add(`${connectionId}`, this.#options.now())
    return count > this.#options.limits.recordsPerConnection ? { ...access, isCrowded: true } : undefined
  }

  #isNewcomer({ account, network }: Access): boolean {
    return network === undefined && this.#options.newcomers.isOne(account)
  }

  /** Who did what is never hidden of what was allowed; it is no more than each connection may. */
  #withoutRoom(access: Access): Access | undefined {
    if (this.#options.newcomers.take(access)) return undefined
    this.#options.counters.count('newcomer:shared')
    return access.outcome === Outcome.ALLOWED ? { ...access, isCrowded: true } : strangerOf(access)
  }
}

/** As an attempt from its network: nothing in it names one wallet, since others' attempts are counted with it. */
function strangerOf({ connectionId: _connection, ...access }: Access): Access {
  const { behind: _behind, device: _device, proof: _proof, ...evidence } = access.evidence
  const network = networkOf(evidence.address ?? '')
  const nobody = { account: ZERO_ADDRESS, topicId: ZERO_BYTES32, grantId: 0 }
  return { ...access, ...nobody, network, isCrowded: true, evidence }
}

function asUse({ evidence: { names, bytes = 0, qos } }: Access): Use {
  const level = qos?.findIndex((count) => count > 0) ?? 0
  return { name: names?.[0]?.name ?? '', bytes, qos: (level === -1 ? 0 : level) as Use['qos'] }
}
