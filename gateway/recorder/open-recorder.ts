/**
 * @module The gateway's recorder: the same journal, batches and erasures as a proxy's, under a key of its own. While it
 * cannot be opened the public history is answered all the same, and no evidence is.
 */
import { openRecords, type RecordsOptions } from '../../records/open-records.ts'
import { type Records, RecordsError, type RecordsErrorCode } from '../../records/port.ts'
import { accessesOf, captureDisclosures } from './disclosed.ts'
import type { Disclosure, GatewayRecorder, GatewayRules } from './port.ts'

export type GatewayRecorderOptions = Omit<RecordsOptions, 'capture'> & {
  /** How long until it is opened again, when it could not be. */
  retryMs?: number
}

const RETRY_MS = 10_000
/** What passes by itself, or once somebody acts; a journal that is damaged or foreign is refused at start. */
const MAY_HEAL: readonly RecordsErrorCode[] = ['RECORDER_NOT_ACTIVE', 'CHAIN_UNREACHABLE', 'STORE_UNREACHABLE']
const NONE = new RecordsError('RECORDER_NOT_ACTIVE', 'this gateway has no recorder, so it shows no evidence')

/** The recorder once it is open, else why it is not. */
type Opened = { records: Records; why?: undefined } | { records?: undefined; why: RecordsError }

/** A gateway that answers what is public alone. */
export const withoutRecorder = (): GatewayRecorder => recorderOver(() => ({ why: NONE }))

/** Rejects RecordsError JOURNAL_*: nothing was changed. */
export async function openGatewayRecorder(given: GatewayRecorderOptions): Promise<GatewayRecorder> {
  let options = given
  let opened: Opened = { why: NONE }
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  const open = async (): Promise<void> => {
    try {
      const records = await openRecords({ ...options, capture: captureDisclosures })
      if (isStopped) return records.stop()
      opened = { records }
    } catch (error) {
      if (!(error instanceof RecordsError)) throw error
      opened = { why: error }
      if (!MAY_HEAL.includes(error.code)) throw error
      options.log.warn({ err: error }, 'the gateway cannot record, so it shows no evidence: trying again')
      if (!isStopped) timer = setTimeout(() => void openAgain(), options.retryMs ?? RETRY_MS)
    }
  }
  const openAgain = (): Promise<void> =>
    open().catch((error: unknown) =>
      options.log.error({ err: error }, 'the gateway cannot record, so it shows no evidence'),
    )
  await open()
  return {
    ...recorderOver(() => opened),
    async setRules(rules: GatewayRules) {
      options = { ...options, ...rules }
      await opened.records?.setRules({ ...rules, capture: captureDisclosures })
    },
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await opened.records?.stop()
    },
  }
}

function recorderOver(look: () => Opened): GatewayRecorder {
  const opened = (): Records => {
    const { records, why } = look()
    if (records === undefined) throw why
    return records
  }
  return {
    disclose: async (disclosure) => discloseIn(opened(), disclosure),
    erase: async (order) => opened().erase(order),
    certificates: async () => opened().certificates(),
    certify: async (erasure) => opened().certify(erasure),
    obey: async () => look().records?.obey(),
    store: {
      one: async (...args) => opened().store.one(...args),
      batch: async (...args) => opened().store.batch(...args),
      purpose: async (...args) => opened().store.purpose(...args),
      putPurpose: async (...args) => opened().store.putPurpose(...args),
      erasures: async () => opened().store.erasures(),
      countOpen: async (...args) => opened().store.countOpen(...args),
      putReport: async (...args) => opened().store.putReport(...args),
      report: async (...args) => opened().store.report(...args),
      reportsOf: async (...args) => opened().store.reportsOf(...args),
      unfinishedReports: async (...args) => opened().store.unfinishedReports(...args),
      doneReports: async (...args) => opened().store.doneReports(...args),
      reportFile: async (...args) => opened().store.reportFile(...args),
      pruneReports: async (...args) => opened().store.pruneReports(...args),
    },
    issueReport: async (report) => opened().issueReport(report),
    reportIssue: async (reportHash) => opened().reportIssue(reportHash),
    flush: async (timeoutMs) => look().records?.flush(timeoutMs),
    setRules: async () => {},
    status() {
      const { records, why } = look()
      if (records !== undefined) return { isOpen: true, records: records.status() }
      return { isOpen: false, code: why.code, trouble: why.message }
    },
    stop: async () => {},
  }
}

/** Each window that it counts in is on disk with all that it counts: a crash forgets nothing that was shown. */
async function discloseIn({ journal }: Records, disclosure: Disclosure): Promise<void> {
  const windows = accessesOf(disclosure).flatMap(({ access, names }) =>
    names.map((name) => journal.window(access, { name, bytes: 0, qos: 0 })),
  )
  await Promise.all([...new Set(windows)].map((window) => journal.checkpoint(window)))
}
