/** @module All proxies of one home as one: asked together, told together. The first is the process of `up` itself. */
import type { BanTarget } from '../../proxy/rules/ban-target.ts'
import type { GatewayChild } from './gateway.ts'
import type { MoreUnit } from './more-units.ts'
import type { Unit } from './unit.ts'
import { type ListedBan, type UnitStatus, unitAnswers } from './unit-answers.ts'

export interface ProxyStatus {
  number: number
  pid: number | null
  metrics: string
  restarts: number
  /** Null while it is started again. */
  status: UnitStatus | null
}

export interface AllUnits {
  /** Resolves once all that every recorder recorded is final, with the lowest of their watermarks. */
  flush(): Promise<{ records: number; through: number }>
  /** The first one's answer. Rejects when one refuses: its old rules stay in force. */
  reload(): Promise<{ hash: string; seq: number }>
  reloadCertificates(): Promise<void>
  bans(): Promise<ListedBan[]>
  liftBan(target: BanTarget): Promise<number>
  /** Has every recorder of the home carry out what erasures were ordered. */
  obey(): Promise<void>
  status(): Promise<ProxyStatus[]>
}

export function joinUnits(first: Unit, more: readonly MoreUnit[], gateway: Pick<GatewayChild, 'ask'>): AllUnits {
  const own = unitAnswers(first)
  return {
    async flush() {
      const [gateways, ...flushed] = await Promise.all([
        gateway.ask('flush'),
        own.flush(undefined),
        ...more.map((unit) => unit.ask('flush', undefined)),
      ])
      const all = [...(gateways === undefined ? [] : [gateways]), ...flushed]
      const records = all.reduce((sum, one) => sum + one.records, 0)
      return { records, through: Math.min(...all.map(({ through }) => through)) }
    },
    async reload() {
      const found = await own.reload(undefined) // what it refuses nobody takes
      for (const unit of more) await unit.ask('reload', undefined)
      return found
    },
    async reloadCertificates() {
      await own.certificates(undefined)
      for (const unit of more) await unit.ask('certificates', undefined)
    },
    async bans() {
      const lists = await Promise.all([own.bans(undefined), ...more.map((unit) => unit.ask('bans', undefined))])
      return merged(lists.flat())
    },
    async liftBan(target) {
      // Only who banned knows it in clear; any of them can lift it, and the others hear of it by the chain.
      const meant = (await this.bans()).flatMap((ban) => (isMeant(ban.target, target) ? [ban.target] : []))
      let lifted = 0
      for (const one of [target, ...meant]) lifted += await first.proxy.liftBan(one)
      return lifted
    },
    async obey() {
      await Promise.allSettled([gateway.ask('obey'), ...more.map((unit) => unit.ask('obey', undefined))])
    },
    async status() {
      const { metrics } = first
      const mine = { number: 1, pid: process.pid, metrics, restarts: 0, status: await own.status(undefined) }
      return [mine, ...(await Promise.all(more.map(statusOf)))]
    },
  }
}

async function statusOf(unit: MoreUnit): Promise<ProxyStatus> {
  const status = await unit.ask('status', undefined).catch(() => null)
  return { number: unit.number, pid: unit.pid() ?? null, metrics: unit.metrics, restarts: unit.restarts(), status }
}

/** One entry a ban, in clear where anybody here can tell. */
function merged(bans: readonly ListedBan[]): ListedBan[] {
  const found = new Map<string, ListedBan>()
  for (const ban of bans) {
    const key = `${ban.account} ${ban.topicId}`
    if (found.get(key)?.target === undefined) found.set(key, ban)
  }
  return [...found.values()]
}

/** Without a client id: every client id of it too. */
function isMeant(own: BanTarget | undefined, target: BanTarget): own is BanTarget {
  if (own === undefined || (target.clientId !== undefined && own.clientId !== target.clientId)) return false
  return target.kind === 'wallet'
    ? own.kind === 'wallet' && own.wallet === target.wallet
    : own.kind === 'network' && own.network === target.network
}
