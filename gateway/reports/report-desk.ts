/**
 * @module Takes requests for reports, has them made one after another, and hands out what was made. A request is on disk
 * before it is answered: after a restart what waited is made, and what was being made is said to have failed.
 */
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import type { Address } from '../../domain/bytes.ts'
import { ReportKind } from '../../domain/enums.ts'
import { RecordsError } from '../../records/port.ts'
import type { ReportPage, StoredReport } from '../../records/store/port.ts'
import type { TopicAccessQuestion } from '../../reports/compile/period.ts'
import { refuse } from '../errors.ts'
import type { GatewayRecorder } from '../recorder/port.ts'
import { type Roles, rememberedRoles } from '../sign-in/roles.ts'
import { failureOf } from './failure.ts'
import { hasRole } from './has-role.ts'
import { MAKING_LIMITS, type Maker, type MakingLimits, makeInThread } from './make.ts'
import type { MakingPlace } from './making.ts'
import { type Asker, type Job, Queue } from './queue.ts'
import { reachNow } from './reach-now.ts'
import { fromStored, type MadeReportFacts, MakingError, type RequestedReport, toStored } from './report.ts'
import { showReport } from './showing.ts'

export interface ReportDesk {
  /** Resolves once the request is on disk. Rejects REPORT_UNDER_WAY, REPORTS_BUSY, REPORTS_UNAVAILABLE, RecordsError. */
  request(asker: Asker, question: TopicAccessQuestion): Promise<RequestedReport>
  /** Undefined for what is not the account's. Rejects RecordsError. */
  find(account: Address, id: string): Promise<RequestedReport | undefined>
  list(account: Address, page: ReportPage): Promise<RequestedReport[]>
  /** Resolves with the file once it is on record that it is shown. Rejects NOT_FOUND, NOT_ENTITLED, RecordsError, RpcError. */
  open(account: Address, id: string): Promise<Uint8Array>
  stop(): Promise<void>
}

export interface ReportDeskOptions {
  place: MakingPlace
  recorder: GatewayRecorder
  roles: Roles
  log: Logger
  limits?: Partial<MakingLimits> | undefined
}

/** Finished ones that are kept; whoever made thousands of accounts fills no disk. */
const KEPT = { ofOne: 20, ofAll: 500, bytes: 1 << 30 }
const RESUME_AGAIN_MS = 10_000
const NOT_HERE = 'This gateway makes no reports. The operator makes them: npx flytrap report topic-access'

/** A gateway that was not told who signs. */
export const withoutReports = (): ReportDesk => ({
  request: async () => refuse('REPORTS_UNAVAILABLE', NOT_HERE),
  find: async () => undefined,
  list: async () => [],
  open: async () => refuse('NOT_FOUND', NOT_HERE),
  stop: async () => {},
})

export const openReportDesk = (options: ReportDeskOptions): ReportDesk => new Desk(options)

class Desk implements ReportDesk {
  readonly #options: ReportDeskOptions
  readonly #queue = new Queue()
  #maker: Maker | undefined
  /** Settles once what is being made is done, or waits again. */
  #making: Promise<void> | undefined
  #isStopped = false
  readonly #whenStopped = Promise.withResolvers<void>()
  /** Once what was left by the last run is known. */
  #resumed: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: ReportDeskOptions) {
    this.#options = options
    this.#resumeSoon()
  }

  async request(asker: Asker, question: TopicAccessQuestion): Promise<RequestedReport> {
    const makerId = this.#recorderId()
    await this.#resume()
    const id = randomBytes(16).toString('hex')
    const about = { makerId, requester: asker.account, requestedAt: Date.now() }
    const report: RequestedReport = { id, ...about, status: 'QUEUED', kind: 'TOPIC_ACCESS', question }
    const job = { asker, report }
    this.#queue.add(job)
    try {
      await this.#options.recorder.store.putReport(toStored(report))
    } catch (error) {
      this.#queue.remove(job)
      throw error
    }
    this.#next()
    return this.#queue.find(id) ?? report
  }

  async find(account: Address, id: string): Promise<RequestedReport | undefined> {
    const stored = await this.#options.recorder.store.report(id)
    return stored?.requester === account ? this.#present(stored) : undefined
  }

  async list(account: Address, page: ReportPage): Promise<RequestedReport[]> {
    const stored = await this.#options.recorder.store.reportsOf(account, page)
    return stored.map((report) => this.#present(report))
  }

  #present(stored: StoredReport): RequestedReport {
    const { makerId, status } = stored
    const here = this.#queue.find(stored.id)
    if (here !== undefined || status !== 'RUNNING') return here ?? fromStored(stored)
    const recorder = this.#options.recorder.status()
    const isOurs = recorder.isOpen && recorder.records.recorderId === makerId
    // What came of it could not be written.
    return isOurs ? { ...fromStored(stored), status: 'FAILED', failure: failureOf(INTERRUPTED) } : fromStored(stored)
  }

  async open(account: Address, id: string): Promise<Uint8Array> {
    const { recorder, roles } = this.#options
    const { made, status } = (await this.find(account, id)) ?? refuse('NOT_FOUND', 'You asked for no such report.')
    if (made === undefined || status !== 'DONE')
      refuse('NOT_FOUND', 'There is no file of it: it is not done, or was erased. `report` tells which.')
    await showReport({ recorder, roles }, { viewer: account, ...made })
    return (await recorder.store.reportFile(id)) ?? refuse('NOT_FOUND', 'Its file was erased meanwhile.')
  }

  /** What is being made waits again: the next start makes it. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#whenStopped.resolve()
    clearTimeout(this.#timer)
    await this.#maker?.end()
    await this.#making
  }

  #recorderId(): number {
    const status = this.#options.recorder.status()
    if (!status.isOpen) throw new RecordsError(status.code, status.trouble)
    return status.records.recorderId
  }

  #resumeSoon(): void {
    void this.#resume().catch((error: unknown) => {
      this.#options.log.info({ err: error }, 'reports of the last run cannot be looked up yet')
      if (!this.#isStopped) this.#timer = setTimeout(() => this.#resumeSoon(), RESUME_AGAIN_MS)
    })
  }

  #resume(): Promise<void> {
    this.#resumed ??= this.#takeUp().catch((error: unknown) => {
      this.#resumed = undefined
      throw error
    })
    return this.#resumed
  }

  async #takeUp(): Promise<void> {
    const { store } = this.#options.recorder
    const left = (await store.unfinishedReports(this.#recorderId())).map(fromStored)
    const done = (await store.doneReports(this.#recorderId())).map(fromStored)
    const [waited, interrupted] = [left.filter(isQueued), left.filter((report) => !isQueued(report))]
    // First what can fail: it is all done again then, and nothing may be queued twice.
    for (const report of interrupted)
      await store.putReport(toStored({ ...report, status: 'FAILED', failure: failureOf(INTERRUPTED) }))
    for (const report of waited.sort((a, b) => a.requestedAt - b.requestedAt))
      this.#queue.restore({ asker: { account: report.requester, address: undefined, wasAuditor: false }, report })
    this.#next()
    // A kill may have come between the file and the note that it is to be anchored.
    for (const report of done) await this.#issue(report)
  }

  #next(): void {
    const job = this.#queue.first()
    if (job === undefined || this.#making !== undefined || this.#isStopped) return
    this.#making = this.#make(job).then(() => {
      this.#making = undefined
      this.#maker = undefined
      this.#queue.remove(job)
      this.#next()
    })
  }

  /** Never rejects: what goes wrong is the report's state. */
  async #make(job: Job): Promise<void> {
    const { place, recorder, limits } = this.#options
    const { requester, question } = job.report
    try {
      job.report = { ...job.report, status: 'RUNNING', startedAt: Date.now() }
      await recorder.store.putReport(toStored(job.report))
      await this.#reachNow(job)
      if (this.#isStopped) throw INTERRUPTED
      let done: RequestedReport | undefined
      const making = {
        onProgress: (progress: RequestedReport['progress']) => {
          job.report = { ...job.report, progress }
        },
        approve: async (made: MadeReportFacts) => {
          done = await this.#approve(job, made)
          return toStored(done)
        },
      }
      this.#maker = makeInThread({ place, question, requester }, making, { ...MAKING_LIMITS, ...limits })
      await this.#maker.done
      if (done !== undefined) await this.#issue(done)
    } catch (error) {
      if (this.#isStopped) return void (await this.#put({ ...job.report, status: 'QUEUED' }))
      await this.#fail(job, error)
    }
    await recorder.store.pruneReports(job.report, KEPT).catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'old reports could not be removed')
    })
  }

  /** Where it fails the report ends earlier, and says so. */
  async #reachNow({ report: { requester, question } }: Job): Promise<void> {
    if (question.to !== undefined) return
    const about = { account: requester, topicFilter: question.topicFilter }
    const reached = reachNow(this.#options, about).catch((error: unknown) => {
      this.#options.log.info({ err: error }, 'a report does not reach up to now')
    })
    await Promise.race([reached, this.#whenStopped.promise])
  }

  /** The rights once more, at the end: it may have taken minutes. */
  async #approve({ report }: Job, made: MadeReportFacts): Promise<RequestedReport> {
    const { requester: account, question } = report
    await showReport(this.#options, { viewer: account, ...made })
    const about = { account, topicFilter: question.topicFilter }
    const isToAnchor = await hasRole(rememberedRoles(this.#options.roles), about)
    return { ...report, status: 'DONE', finishedAt: Date.now(), made, isToAnchor }
  }

  /** Never rejects: what could not be noted is noted by the next start. */
  async #issue({ id, made, isToAnchor }: RequestedReport): Promise<void> {
    if (made === undefined || isToAnchor !== true) return
    const { recorder, log } = this.#options
    const report = { reportHash: made.reportHash, kind: ReportKind.TOPIC_ACCESS }
    await recorder.issueReport(report).catch((error: unknown) => {
      log.warn({ err: error, report: id }, 'a report is signed, and not anchored before the next start')
    })
  }

  async #fail({ report }: Job, error: unknown): Promise<void> {
    const { detail: _, ...failure } = failureOf(error)
    const isFailed = await this.#put({ ...report, status: 'FAILED', finishedAt: Date.now(), failure })
    if (!isFailed) return
    const level = failure.code === 'INTERNAL' ? 'error' : 'info'
    this.#options.log[level]({ err: error, report: report.id, code: failure.code }, 'a report was not made')
  }

  /** Resolves with false where it was kept just before: then it is done. */
  #put(report: RequestedReport): Promise<boolean> {
    return this.#options.recorder.store.putReport(toStored(report)).catch((error: unknown) => {
      this.#options.log.error({ err: error, report: report.id }, 'a report’s state could not be written')
      return true
    })
  }
}

const isQueued = ({ status }: RequestedReport): boolean => status === 'QUEUED'
const INTERRUPTED = new MakingError('INTERRUPTED', 'The gateway was restarted while it was made. Ask again.')
