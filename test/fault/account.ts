/** @module What clients saw, kept apart from all that is tested, and what is on chain of it. */
import { Outcome } from '../../domain/enums.ts'
import type { ChainHistory } from '../support/records.ts'

interface Seen {
  kind: 'once' | 'window' | 'announced' | 'denied'
  /** Asked for, so often. */
  asked: number
  /** Answered, as it was decided: let through, or denied; so often. */
  answered: number
  /** Told that nothing can be recorded of it, so often. */
  refused: number
  /** The sequence that was told. */
  seq?: number
  isDropped: boolean
}

interface Recorded {
  seqs: number[]
  count: number
  isLowerBound: boolean
  outcomes: Set<Outcome>
}

export interface Verdict {
  accesses: number
  /** Let through or denied, and of which there is no record. */
  unrecorded: string[]
  /** Recorded more often than they happened. */
  doubled: string[]
  /** Recorded as let through and never let through, or as denied and let through. */
  wronged: string[]
  /** Recorded, and never asked for; or not where it was told to be. */
  strange: string[]
  /** Of reports: promised and not on chain, there more than once, there and never asked for. */
  issues: string[]
}

const KINDS: Record<string, Seen['kind']> = { a: 'once', w: 'window', n: 'announced', d: 'denied' }

export class Account {
  readonly #seen = new Map<string, Seen>()
  /** Reports that were to be anchored, and whether that was promised. */
  readonly #issues = new Map<string, boolean>()
  refused = 0
  /** Told so far. */
  allowed = 0

  /** Refused since the last commit that succeeded: what a disk took and denied having taken is there after a kill. */
  #unsettled: Seen[] = []

  /** What a process tells. `ready`: the one before has ended. */
  hear(line: string): void {
    const [word = '', id = '', seq] = line.split(' ')
    if (word === 'ready') for (const seen of this.#unsettled.splice(0)) seen.refused--
    if (word === 'q' || word === 'i') this.#issues.set(id, word === 'i')
    if (!['t', 'a', 'w', 'n', 'd', 'x', 's', 'r'].includes(word)) return
    const known = this.#seen.get(id) ?? { kind: 'once', asked: 0, answered: 0, refused: 0, isDropped: false }
    this.#seen.set(id, known)
    if (word === 't') known.asked++
    if (word === 'x') known.isDropped = true
    if (word === 'r') this.#refuse(known)
    const kind = KINDS[word]
    if (kind === undefined) return
    known.kind = kind
    known.answered++
    this.#unsettled = []
    if (kind !== 'denied') this.allowed++
    if (seq !== undefined) known.seq = Number(seq)
  }

  #refuse(known: Seen): void {
    known.refused++
    this.refused++
    this.#unsettled.push(known)
  }

  /** Compares with what the chain holds, by the client id in each record's evidence. */
  judge(history: ChainHistory): Verdict {
    const recorded = recordedById(history)
    const verdict: Verdict = { accesses: 0, unrecorded: [], doubled: [], wronged: [], strange: [], issues: [] }
    this.#judgeIssues(verdict, history)
    for (const [id, seen] of this.#seen) {
      verdict.accesses += seen.answered
      judgeOne(verdict, { id, seen, at: recorded.get(id) })
    }
    for (const id of recorded.keys()) if (!this.#seen.has(id)) verdict.strange.push(id)
    return verdict
  }

  #judgeIssues({ issues }: Verdict, { issued }: ChainHistory): void {
    const times = (hash: string): number => issued.filter((one) => one === hash).length
    for (const [hash, isPromised] of this.#issues) {
      if (isPromised && times(hash) === 0) issues.push(`promised, not anchored: ${hash}`)
      if (times(hash) > 1) issues.push(`anchored ${times(hash)} times: ${hash}`)
    }
    issues.push(...issued.filter((hash) => !this.#issues.has(hash)).map((hash) => `never asked for: ${hash}`))
  }
}

function recordedById({ records, evidence }: ChainHistory): Map<string, Recorded> {
  const recorded = new Map<string, Recorded>()
  for (const { seq, text } of evidence) {
    const { clientId, sealed } = JSON.parse(text ?? '{}')
    const record = records[seq - 1]
    if (clientId === undefined || record === undefined) continue
    const at = recorded.get(clientId) ?? { seqs: [], count: 0, isLowerBound: false, outcomes: new Set() }
    const facts = sealed ?? record
    at.seqs.push(seq)
    at.count += facts.count
    at.isLowerBound ||= facts.countIsLowerBound
    at.outcomes.add(record.outcome) // of a sealed one too it stands on chain
    recorded.set(clientId, at)
  }
  return recorded
}

/** What was asked for and never answered may be recorded or not: its process was killed. */
function judgeOne(verdict: Verdict, { id, seen, at }: { id: string; seen: Seen; at: Recorded | undefined }): void {
  const { kind, asked, answered, refused, seq, isDropped } = seen
  if (at === undefined) {
    if (answered > 0 && !(kind === 'announced' && isDropped)) verdict.unrecorded.push(id)
    return
  }
  if (kind !== 'window' && at.seqs.length > 1) verdict.doubled.push(id)
  if (kind === 'window' && at.count > asked) verdict.doubled.push(id)
  if (kind === 'window' && at.count < answered && !at.isLowerBound) verdict.unrecorded.push(id)
  // What was refused was not let through: no record may count it.
  const isAllowed = at.outcomes.has(Outcome.ALLOWED)
  if (isAllowed && (kind === 'denied' || at.count > asked - refused)) verdict.wronged.push(id)
  if (at.outcomes.has(Outcome.DENIED) && kind !== 'denied' && answered > 0) verdict.wronged.push(id)
  if (seq !== undefined && !at.seqs.includes(seq)) verdict.strange.push(id)
}
