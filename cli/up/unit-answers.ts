/** @module What `up` asks each of its proxies, in its own process or in another: names, and plain data both ways. */
import type { BrokerStatus } from '../../proxy/broker/watch.ts'
import type { BanTarget } from '../../proxy/rules/ban-target.ts'
import type { Ban } from '../../proxy/rules/bans.ts'
import type { RecordsStatus } from '../../records/port.ts'
import type { Unit } from './unit.ts'

export interface UnitStatus {
  records: RecordsStatus
  connections: number
  brokers: BrokerStatus[]
  view: { block: number; isFresh: boolean }
  counters: Record<string, number>
}

export type ListedBan = Ban & { target?: BanTarget }

/** What can be asked, with what is given and what comes back. */
export interface UnitQuestions {
  status: [undefined, UnitStatus]
  flush: [undefined, { records: number; through: number }]
  /** Rejects RulesError, RULES_NEED_RESTART. */
  reload: [undefined, { hash: string; seq: number }]
  certificates: [undefined, undefined]
  bans: [undefined, ListedBan[]]
  obey: [undefined, undefined]
}
export type UnitQuestion = keyof UnitQuestions

export type UnitAnswers = { [Q in UnitQuestion]: (given: UnitQuestions[Q][0]) => Promise<UnitQuestions[Q][1]> }

export const unitAnswers = ({ records, proxy, rules }: Unit): UnitAnswers => ({
  status: async () => ({
    records: records.status(),
    connections: proxy.connections(),
    brokers: proxy.brokers(),
    view: { block: proxy.view().block.number, isFresh: proxy.view().isFresh },
    counters: proxy.stats(),
  }),
  flush: () => records.flush(),
  reload: () => rules.reload(),
  certificates: async () => {
    proxy.reloadCertificates()
    return undefined
  },
  bans: async () => proxy.bans(),
  obey: async () => {
    await records.obey()
    return undefined
  },
})
