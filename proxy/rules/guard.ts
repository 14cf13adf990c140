/** @module Abuse rules, bans, their records and those of other proxies, as one part of the proxy. */
import type { Logger } from 'pino'
import type { Address } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import type { Evidence } from '../../domain/evidence.ts'
import type { AccessJournal } from '../../records/port.ts'
import type { Scope } from '../../records/store/port.ts'
import type { ChainView } from '../chain/chain-view.ts'
import type { Counters } from '../counters.ts'
import type { Limits } from '../limits.ts'
import type { LiveIdentities } from '../live-identities.ts'
import { Abuse } from './abuse.ts'
import { BanKeys } from './ban-keys.ts'
import type { BanTarget } from './ban-target.ts'
import { type Ban, type BanPlace, Bans } from './bans.ts'
import { BanFollower, type FollowBansOptions } from './follow-bans.ts'
import type { Newcomers } from './newcomers.ts'
import { ProvedLately } from './proved.ts'
import { ProvedFiles, type ProvedPlace } from './proved-files.ts'
import type { AbuseRuleOf } from './schema.ts'
import { SlidingCounts } from './sliding-counts.ts'

export interface GuardOptions extends Pick<FollowBansOptions, 'contract' | 'deployBlock'> {
  /** Shared by all proxies that honour each other's bans; absent: this one's bans are its own. */
  keysPath: string | undefined
  /** Where those who proved themselves lately are kept; absent: in memory alone. */
  provedPlace: ProvedPlace | undefined
  rules: readonly AbuseRuleOf[]
  limits: Limits
  chain: ChainView
  journal: AccessJournal
  live: LiveIdentities
  newcomers: Pick<Newcomers, 'isOne'>
  counters: Counters
  isTrusted: (address: string) => boolean
  log: Logger
}

/** Strangers with many addresses must not spend the operator's ETH: what is beyond holds here alone. */
const MAX_RECORDED_AN_HOUR = 60
const HOUR_MS = 3_600_000
/** What a crash forgets of those who proved themselves lately, and how late other processes hear of them. */
const SAVE_MS = 5_000

export class Guard {
  readonly abuse: Abuse
  readonly #options: GuardOptions
  readonly #bans: Bans
  readonly #follower: BanFollower
  readonly #proved: ProvedLately
  #saving: NodeJS.Timeout | undefined
  readonly #recorded = new SlidingCounts(HOUR_MS)

  /** Throws BanKeyError. */
  constructor(options: GuardOptions) {
    const { keysPath, provedPlace, rules, limits, isTrusted, chain, contract, deployBlock, log } = options
    this.#options = options
    this.#bans = new Bans(new BanKeys(keysPath, Date.now()))
    this.#proved = new ProvedLately(provedPlace && new ProvedFiles(provedPlace, log))
    this.abuse = new Abuse({
      proved: this.#proved,
      bans: this.#bans,
      limits,
      isTrusted,
      onBan: (target, seconds) => this.#ban(target, seconds),
    })
    this.abuse.setRules(rules)
    this.#follower = new BanFollower({
      rpc: () => chain.rpc,
      contract,
      deployBlock,
      bans: this.#bans,
      recorders: () => chain.views.newest.recorders(),
      onBan: ({ account }) => this.#endOf(account), // of one client id elsewhere: the broker ended its twin here
      log,
    })
  }

  /** Reads the bans that stand, then follows. Rejects RpcError. */
  async start(): Promise<void> {
    const { chain } = this.#options
    await this.#follower.start(chain.block.number)
    chain.onHead.push((block) => this.#follower.onHead(block))
    this.#saving = setInterval(() => void this.#save(), SAVE_MS).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#saving)
    await this.#save()
  }

  /** Forgets from where wallets in scope proved themselves lately. Rejects the disk's error: it is still written there. */
  async erase(scopes: readonly Scope[]): Promise<void> {
    // Nothing of it names a topic, and after a day it is gone anyway.
    for (const { account, before } of scopes) if (account !== undefined) await this.#proved.forget(account, before)
  }

  async #save(): Promise<void> {
    await this.#proved.save(Date.now()).catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'who proved himself lately is not written: a restart forgets it')
    })
  }

  list(): Ban[] {
    return this.#bans.list(Date.now())
  }

  /** Lifts what stands on the target, and on each client id of it that this proxy banned. Resolves with how many. */
  async lift(target: BanTarget): Promise<number> {
    const isMeant = (own: BanTarget | undefined): boolean =>
      own !== undefined &&
      (target.kind === 'wallet'
        ? own.kind === 'wallet' && own.wallet === target.wallet
        : own.kind === 'network' && own.network === target.network)
    const direct = this.#bans.find(target, Date.now())
    const found = new Map<string, BanPlace>(direct === undefined ? [] : [[nameOf(direct), direct]])
    for (const ban of this.list()) if (isMeant(ban.target)) found.set(nameOf(ban), ban)
    for (const place of found.values()) await this.#lift(place)
    return found.size
  }

  async #lift({ account, topicId }: BanPlace): Promise<void> {
    const { journal } = this.#options
    const verdict = { outcome: Outcome.ALLOWED, denialReason: DenialReason.NONE, grantId: 0 }
    await journal.record({ action: Action.UNBAN, ...verdict, account, topicId, evidence: {} })
    journal.hurry()
    this.#bans.lift({ account, topicId }, Math.floor(Date.now() / 1_000))
  }

  /** In force already; what follows tells the others, and everybody. */
  #ban(target: BanTarget, seconds: number): void {
    const { counters, journal, log } = this.#options
    const now = Date.now()
    const place = this.#bans.placeOf(target, now)
    if (place === undefined) return
    counters.count(`ban:${target.kind}`)
    if (target.kind === 'wallet') this.#endOf(target.wallet)
    if (!this.#isRecorded(target, now)) return counters.count('ban:unrecorded')
    const verdict = { outcome: Outcome.DENIED, denialReason: DenialReason.BANNED, grantId: 0 }
    const access = { action: Action.BAN, ...verdict, ...place, span: seconds, evidence: evidenceOf(target) }
    journal.record(access).then(
      () => journal.hurry(),
      (error: unknown) => {
        counters.count('ban:unrecorded')
        log.error({ err: error }, 'BAN not recorded: it holds here alone')
      },
    )
  }

  /**
   * Of networks as of wallets so many, while records get to the chain in time; none of a wallet without any right: it could
   * do nothing elsewhere either.
   */
  #isRecorded(target: BanTarget, now: number): boolean {
    if (target.kind === 'wallet' && this.#options.newcomers.isOne(target.wallet)) return false
    if (target.kind === 'network' && this.#options.journal.isBehind()) return false
    return this.#recorded.add(target.kind, now) <= MAX_RECORDED_AN_HOUR
  }

  /** A banned wallet's live connections are looked at again, and end. */
  #endOf(account: Address): void {
    this.#options.live.onChange({ accounts: new Set([account]), topics: false })
  }
}

const nameOf = ({ account, topicId }: BanPlace): string => `${account} ${topicId}`

function evidenceOf(target: BanTarget): Partial<Evidence> {
  const name = target.clientId === undefined ? {} : { clientId: target.clientId }
  return target.kind === 'network' ? { address: target.network, ...name } : name
}
