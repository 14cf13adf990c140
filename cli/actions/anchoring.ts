/**
 * @module Has a report anchored by this home's gateway: by the running one, or by the next that runs. What keeps it from
 * being anchored is told, and keeps nobody from the report.
 */
import colors from 'picocolors'
import type { ReportToIssue } from '../../records/issue/issue.ts'
import { noteAtRest } from '../../records/issue/note-at-rest.ts'
import { type Home, lockHome } from '../home/home.ts'
import type { Output } from '../terminal/output.ts'
import { askUp } from '../up/control.ts'
import type { Issued } from '../up/gateway-messages.ts'

export interface Anchoring {
  /** Resolves once it is on disk that the report is to be anchored, or why not is known. Never rejects. */
  note(report: ReportToIssue): Promise<void>
  /** Where it stands, once that is clear. Never rejects. */
  settled(report: ReportToIssue): Promise<Issued>
}

/** Who carries it out: the running gateway, asked by whichever way. */
export interface Issuing {
  issue(report: ReportToIssue): Promise<unknown>
  issued(report: ReportToIssue): Promise<Issued>
}

const NEXT_START = 'Nothing runs on this home: the next `npx flytrap up` anchors it.'
const NO_GATEWAY = 'This home’s gateway has never run, so it has no recorder that could anchor it: npx flytrap up'

export function anchoringBy({ issue, issued }: Issuing): Anchoring {
  let trouble: string | undefined
  return {
    async note(report) {
      await issue(report).catch((error: Error) => {
        trouble = error.message
      })
    },
    async settled(report) {
      if (trouble !== undefined) return { state: 'SIGNED', reason: trouble }
      return issued(report).catch((error: Error) => ({ state: 'SIGNED', reason: error.message }))
    },
  }
}

/** The running `up`; where none runs, the gateway's journal. */
export function anchoringOf(home: Home): Anchoring {
  let isAtRest = false
  return anchoringBy({
    async issue(report) {
      await askUp(home, 'report-issue', asked(report)).catch((error: Error & { code?: string }) => {
        if (error.code !== 'NOT_RUNNING') throw error
        isAtRest = true
        noteInHome(home, report)
      })
    },
    async issued(report) {
      return isAtRest ? { state: 'SIGNED', reason: NEXT_START } : askUp<Issued>(home, 'report-issued', asked(report))
    },
  })
}

export const asked = ({ reportHash, kind }: ReportToIssue): Record<string, string> => ({ reportHash, kind: `${kind}` })

/** Throws HOME_BUSY where an `up` has just begun, RecordsError. */
function noteInHome(home: Home, report: ReportToIssue): void {
  const unlock = lockHome(home)
  try {
    if (!noteAtRest(home.path('gateway.sqlite'), report)) throw new Error(NO_GATEWAY)
  } finally {
    unlock()
  }
}

export function showIssued(issued: Issued, output: Output): void {
  if (issued.state === 'ANCHORED')
    output.line(`${colors.green('✓')} anchored in block ${issued.block}, transaction ${issued.transaction}`)
  else output.line(`${colors.yellow('–')} signed, and not anchored yet: ${issued.reason}`)
}
