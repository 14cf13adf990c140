/**
 * @module What is abuse, and who is banned for it (DESIGN section 7). Strangers are counted by where they come from, and
 * never by the wallet that they claim; a wallet only by what it did after it proved itself. So nobody can be banned,
 * slowed or logged out by what another does in his name.
 */
import { createHash } from 'node:crypto'
import type { Address } from '../../domain/bytes.ts'
import { DenialReason } from '../../domain/enums.ts'
import type { BanTarget } from './ban-target.ts'
import type { Bans } from './bans.ts'
import type { Proof } from './proofs.ts'
import { ProvedLately } from './proved.ts'
import type { AbuseRuleOf } from './schema.ts'
import { SlidingCounts } from './sliding-counts.ts'

export interface Somebody {
  network: string
  /** As it is; absent: the network's first. */
  address?: string
  clientId: string
  /** Proved. */
  wallet?: Address | undefined
  /** What the user name claims, before any proof. */
  claimed?: Address | undefined
  password?: Uint8Array | undefined
}

export interface AbuseOptions {
  bans: Bans
  limits: { loginsPerAddress: number }
  /** Addresses of load balancers and the like, exactly as named: never banned, whoever else is in their /64. */
  isTrusted?: (address: string) => boolean
  /** Records the ban, and ends what it ends. Called once it is in force here. */
  onBan: (target: BanTarget, seconds: number) => void
  /** Absent: nobody is known after a restart. */
  proved?: ProvedLately
  clock?: () => number
}

type Deed = AbuseRuleOf['of']
const MINUTE_MS = 60_000
/** Failed logins a minute under the names of a known wallet, from a banned network. */
const RESERVED_LOGINS = 10

export class Abuse {
  readonly #options: Required<AbuseOptions>
  readonly #failedByNetwork = new SlidingCounts(MINUTE_MS)
  readonly #failedReserved = new SlidingCounts(MINUTE_MS)
  #rules: { rule: AbuseRuleOf; counts: SlidingCounts }[] = []

  constructor(options: AbuseOptions) {
    this.#options = { isTrusted: () => false, clock: Date.now, proved: new ProvedLately(), ...options }
  }

  /** Bans that stand stay; what was counted for rules that changed begins anew. */
  setRules(rules: readonly AbuseRuleOf[]): void {
    const before = new Map(this.#rules.map(({ rule, counts }) => [JSON.stringify(rule), counts]))
    this.#rules = rules.map((rule) => ({
      rule,
      counts: before.get(JSON.stringify(rule)) ?? new SlidingCounts(rule.within),
    }))
  }

  /** Asked at CONNECT, before any proof is looked at. Returns why it will not be, or undefined. */
  refusal(who: Somebody): DenialReason | undefined {
    const now = this.#options.clock()
    const isBanned = this.#isNetworkBanned(who, now)
    const isOver = this.#failedByNetwork.count(who.network, now) >= this.#options.limits.loginsPerAddress
    if ((!isBanned && !isOver) || this.#isTrusted(who)) return undefined
    if (this.#passesAsKnown(who, now)) return undefined
    return isBanned ? DenialReason.BANNED : DenialReason.RATE_EXCEEDED
  }

  /** Why somebody proven may not come in, or stay. */
  walletFlaw({ wallet, clientId }: Somebody): DenialReason | undefined {
    if (wallet === undefined) return undefined
    const { bans, clock } = this.#options
    const now = clock()
    const ban = bans.find({ kind: 'wallet', wallet }, now) ?? bans.find({ kind: 'wallet', wallet, clientId }, now)
    return ban === undefined ? undefined : DenialReason.BANNED
  }

  /** A login that proved nothing. */
  failed(who: Somebody): void {
    const now = this.#options.clock()
    this.#failedByNetwork.add(who.network, now)
    if (who.claimed !== undefined) this.#failedReserved.add(reservedKey(who), now)
    this.#count('failed-authentication', { ...who, wallet: undefined }, now)
  }

  proved(who: Somebody & { wallet: Address }): void {
    this.#options.proved.remember(who, this.#options.clock())
    for (const { rule, counts } of this.#rules) {
      if (rule.consecutive === true && rule.of === 'failed-authentication') counts.forget(keyOf(rule, who) ?? '')
    }
  }

  /** A PUBLISH or SUBSCRIBE of somebody proven. What was withheld from him is no deed of his. */
  denied(who: Somebody, reason: DenialReason): void {
    if (!isOurs(reason)) this.#count('denied', who, this.#options.clock())
  }

  malformed(who: Somebody): void {
    this.#count('malformed', who, this.#options.clock())
  }

  #isTrusted({ address, network }: Pick<Somebody, 'address' | 'network'>): boolean {
    return this.#options.isTrusted(address ?? network.split('/')[0] ?? '')
  }

  #isNetworkBanned({ network, clientId }: Somebody, now: number): boolean {
    const { bans } = this.#options
    return (
      bans.find({ kind: 'network', network }, now) !== undefined ||
      bans.find({ kind: 'network', network, clientId }, now) !== undefined
    )
  }

  /** Who proved himself from there within a day passes, at a pace that others who use his names cannot take from him. */
  #passesAsKnown(who: Somebody, now: number): boolean {
    if (who.claimed === undefined) return false
    const proof: Proof = { network: who.network, wallet: who.claimed, clientId: who.clientId, password: who.password }
    if (this.#options.proved.isKnownCredential(proof, now)) return true
    return (
      this.#options.proved.isKnownWallet(proof, now) &&
      this.#failedReserved.count(reservedKey(who), now) < RESERVED_LOGINS
    )
  }

  #count(deed: Deed, who: Somebody, now: number): void {
    for (const { rule, counts } of this.#rules) {
      if (rule.of !== deed || (rule.by.includes('address') && this.#isTrusted(who))) continue
      const key = keyOf(rule, who)
      if (key === undefined || counts.add(key, now) <= rule.moreThan) continue
      counts.forget(key)
      this.#ban(targetOf(rule, who), rule.ban)
    }
  }

  #ban(target: BanTarget, ms: number): void {
    const { bans, clock, onBan } = this.#options
    const now = clock()
    if (bans.find(target, now) !== undefined) return
    const place = bans.placeOf(target, now)
    if (place === undefined) return
    const firstAt = Math.floor(now / 1_000)
    const seconds = Math.ceil(ms / 1_000)
    bans.add({ ...place, firstAt, until: firstAt + seconds, target })
    onBan(target, seconds)
  }
}

/** Nobody is to blame for our limits and our view, nor for a grant that a block is still to confirm. */
const isOurs = (reason: DenialReason): boolean =>
  reason >= DenialReason.VIEW_STALE || reason === DenialReason.GRANT_UNCONFIRMED

/** Undefined: the rule counts by a wallet, and none was proved. */
function keyOf({ by }: AbuseRuleOf, { network, wallet, clientId }: Somebody): string | undefined {
  if (by.includes('wallet') && wallet === undefined) return undefined
  return [by.includes('wallet') ? wallet : network, by.includes('clientId') ? short(clientId) : ''].join(' ')
}

function targetOf({ by }: AbuseRuleOf, { network, wallet, clientId }: Somebody): BanTarget {
  const name = by.includes('clientId') ? { clientId } : {}
  return by.includes('wallet') && wallet !== undefined
    ? { kind: 'wallet', wallet, ...name }
    : { kind: 'network', network, ...name }
}

const reservedKey = ({ network, claimed, clientId }: Somebody): string => `${network} ${claimed} ${short(clientId)}`

/** A stranger's client id may have 64 KB: what is kept of it is bounded. */
const short = (clientId: string): string =>
  clientId.length <= 64 ? clientId : createHash('sha256').update(clientId).digest('base64')
