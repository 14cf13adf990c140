/** @module What a verification found, name by name, and the verdict that hides nothing of it. */

/** Every finding there is, in the order of the procedure, with the word that the verdict uses when it was not checked. */
export const FINDINGS = {
  file: 'file',
  'one-signature': 'signature',
  'byte-range': 'signature',
  padding: 'signature',
  'signature-form': 'signature',
  'document-digest': 'signature',
  'signature-value': 'signature',
  'signing-certificate': 'signature',
  'certificate-dates': 'signature',
  'certificate-usage': 'signature',
  signer: 'signer',
  attachment: 'attachment',
  'attachment-canonical': 'attachment',
  'certificate-named': 'report',
  'evidence-digest': 'report',
  pages: 'pages',
  blocks: 'evidence',
  events: 'evidence',
  heads: 'evidence',
  sequences: 'evidence',
  watermarks: 'evidence',
  'record-bytes': 'evidence',
  'evidence-trees': 'evidence trees',
  leaves: 'evidence leaves',
  coverage: 'completeness',
  rows: 'rows',
  sealed: 'closed sealed records',
  grants: 'rows',
  decisions: 'decisions',
  'recorder-state': 'chain',
  'chain-id': 'chain',
  'contract-code': 'chain',
  'block-on-chain': 'chain',
  'events-on-chain': 'grant events',
} as const

export type FindingName = keyof typeof FINDINGS
export type FindingStatus = 'passed' | 'failed' | 'not-checked'

export interface Finding {
  name: FindingName
  status: FindingStatus
  /** What was found, in a sentence. */
  text: string
}

export class Findings {
  readonly #found = new Map<FindingName, Finding>()
  /** True when a check that was asked for could not be carried out. */
  #unanswered = false

  passed(name: FindingName, text: string): void {
    this.#add({ name, status: 'passed', text })
  }

  failed(name: FindingName, text: string): void {
    this.#add({ name, status: 'failed', text })
  }

  notChecked(name: FindingName, text: string): void {
    this.#add({ name, status: 'not-checked', text })
  }

  /** A check that was asked for, and could not be carried out: the exit code tells. */
  unanswered(name: FindingName, text: string): void {
    this.#unanswered = true
    this.notChecked(name, text)
  }

  /** What had passed rests on something that was not checked. */
  doubt(name: FindingName, text: string): void {
    if (this.#found.get(name)?.status === 'passed') this.#found.set(name, { name, status: 'not-checked', text })
  }

  /** Adds `problem` as failed, or `text` as passed when there is none. Returns whether it passed. */
  check(name: FindingName, problem: string | undefined, text: string): boolean {
    if (problem === undefined) this.passed(name, text)
    else this.failed(name, problem)
    return problem === undefined
  }

  /** Ends the verification: what nothing was said about was not checked. */
  verdict(strict: boolean): Pick<Verdict, 'result' | 'line' | 'exitCode' | 'findings'> {
    const findings = (Object.keys(FINDINGS) as FindingName[]).map(
      (name) =>
        this.#found.get(name) ?? {
          name,
          status: 'not-checked' as const,
          text: 'An earlier finding stands in the way.',
        },
    )
    const failed = findings.filter(({ status }) => status === 'failed').map(({ name }) => name)
    const open = findings.filter(({ status }) => status === 'not-checked').map(({ name }) => FINDINGS[name])
    const notChecked = open.length === 0 ? '' : `; ${joined(subjects(open))} not checked`
    if (failed.length > 0)
      return { result: 'FAILED', line: `FAILED: ${failed.join(', ')}${notChecked}`, exitCode: 1, findings }
    if (open.length === 0) return { result: 'VERIFIED', line: 'VERIFIED: every finding passed', exitCode: 0, findings }
    return {
      result: 'CONSISTENT',
      line: `CONSISTENT${notChecked}`,
      exitCode: strict || this.#unanswered ? 1 : 0,
      findings,
    }
  }

  /** The first failure of a name stands. */
  #add(finding: Finding): void {
    if (this.#found.get(finding.name)?.status !== 'failed') this.#found.set(finding.name, finding)
  }
}

export interface Verdict {
  result: 'VERIFIED' | 'CONSISTENT' | 'FAILED'
  /** One line for people; what was not checked stands in it. */
  line: string
  exitCode: 0 | 1
  findings: Finding[]
  /** Where the file's hash stands on chain; null: nowhere; absent: no node was asked, or it did not tell. */
  anchor?: Anchor | null
  /** What the report says of itself, where it could be read: to be shown with the verdict, never without. */
  report?: ReportSummary
}

export interface Anchor {
  block: number
  transaction: string
  /** The recorder's account. */
  recorder: string
  /** Its number, where the report names it. */
  recorderId: number | null
}

export interface ReportSummary {
  topicFilter: string
  from: number
  to: number
  chainId: number
  contract: string
  block: { number: number; hash: string }
  rows: number
  complete: boolean
  signer: string
}

/** Where nothing of the chain was checked, its events need no word of their own. */
const subjects = (open: readonly string[]): string[] =>
  [...new Set(open)].filter((word) => word !== 'grant events' || !open.includes('chain'))

const joined = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
