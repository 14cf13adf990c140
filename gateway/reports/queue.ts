/** @module Reports that wait their turn: few in all, one of an account, and some of the room for auditors alone. */
import type { Address } from '../../domain/bytes.ts'
import { refuse } from '../errors.ts'
import type { RequestedReport } from './report.ts'

export interface Asker {
  account: Address
  /** IPv4, or an IPv6's /64; undefined for who asked before a restart. */
  address: string | undefined
  /** At sign-in: for limits alone. */
  wasAuditor: boolean
}

export interface Job {
  asker: Asker
  report: RequestedReport
}

/** Waiting, and the one that is being made. */
export const MAX_UNDER_WAY = 16
/** Accounts cost nothing: the rest of the room is for auditors. */
export const MAX_OF_OTHERS = 12
const MAX_OF_ADDRESS = 2

export class Queue {
  readonly #jobs: Job[] = []

  /** Takes a place. Throws REPORT_UNDER_WAY or REPORTS_BUSY. */
  add(job: Job): void {
    const { account, address, wasAuditor } = job.asker
    const own = this.#jobs.find(({ asker }) => asker.account === account)
    if (own !== undefined)
      refuse('REPORT_UNDER_WAY', `Your report ${own.report.id} is under way. Ask again when it is done.`)
    const ofAddress = this.#jobs.filter(({ asker }) => asker.address === address).length
    const isFull = this.#jobs.length >= (wasAuditor ? MAX_UNDER_WAY : MAX_OF_OTHERS)
    if (isFull || (address !== undefined && !wasAuditor && ofAddress >= MAX_OF_ADDRESS))
      refuse('REPORTS_BUSY', 'Too many reports are under way. Ask again in some minutes.')
    // Before others that wait, and behind auditors that do: whoever asks for the heaviest again and again keeps none of them.
    const at = wasAuditor
      ? this.#jobs.findIndex(({ asker, report }) => !asker.wasAuditor && report.status === 'QUEUED')
      : -1
    this.#jobs.splice(at === -1 ? this.#jobs.length : at, 0, job)
  }

  /** Takes a place that was taken before a restart. */
  restore(job: Job): void {
    this.#jobs.push(job)
  }

  remove(job: Job): void {
    const at = this.#jobs.indexOf(job)
    if (at !== -1) this.#jobs.splice(at, 1)
  }

  first(): Job | undefined {
    return this.#jobs[0]
  }

  /** Returns the report as it stands here, with how many are before it. */
  find(id: string): RequestedReport | undefined {
    const at = this.#jobs.findIndex(({ report }) => report.id === id)
    const job = this.#jobs[at]
    return job === undefined ? undefined : { ...job.report, ...(job.report.status === 'QUEUED' ? { ahead: at } : {}) }
  }
}
