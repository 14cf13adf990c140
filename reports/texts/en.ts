/** @module The sentences of a topic-access report, in English. Pure. */
import type { AccountFacts, RecorderFacts, Report } from '../verify/format/report.ts'
import { clock, count, day, list, plural, time } from './format.ts'
import { counted } from './words.ts'

/** Returns the answer in a sentence or three. */
export function answer({ accounts, counts }: Report): string {
  const active = accounts.filter(({ allowed }) => total(allowed) > 0)
  const refused = accounts.filter(({ denied }) => denied > 0)
  const sentences = [active.length === 0 ? 'No access to it was recorded in this period.' : accessed(active)]
  if (refused.length > 0) sentences.push(refusedSentence(refused))
  if (counts.notNarrowed > 0) {
    sentences.push(
      `${plural(counts.notNarrowed, 'record')} may be about it, but cannot be narrowed to it for want of evidence.`,
    )
  }
  return sentences.join(' ')
}

function accessed(active: readonly AccountFacts[]): string {
  const sums = new Map<string, number>()
  for (const { allowed } of active) {
    for (const [action, value] of Object.entries(allowed)) sums.set(action, (sums.get(action) ?? 0) + value)
  }
  const parts = [...sums].map(([action, value]) => plural(value, ...counted(action)))
  const atLeast = active.some(({ countIsLowerBound }) => countIsLowerBound) ? 'at least ' : ''
  return `${people(active)} accessed it: ${atLeast}${list(parts)}.`
}

function refusedSentence(refused: readonly AccountFacts[]): string {
  const times = refused.reduce((sum, { denied }) => sum + denied, 0)
  const atLeast = refused.some(({ countIsLowerBound }) => countIsLowerBound) ? 'at least ' : ''
  return `${people(refused)} ${refused.length === 1 ? 'was' : 'were'} refused, ${atLeast}${times === 1 ? 'once' : plural(times, 'time')}.`
}

function people(accounts: readonly AccountFacts[]): string {
  const known = accounts.filter(({ account }) => account !== null).length
  const parts = known > 0 ? [plural(known, 'account')] : []
  if (known < accounts.length) parts.push('someone who proved no identity')
  const text = list(parts)
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}

export const total = (sums: Record<string, number>): number =>
  Object.values(sums).reduce((sum, value) => sum + value, 0)

/** Returns the verdict on completeness: a word, and why. */
export function completeness({ complete, recorders, question }: Report): { word: string; why: string } {
  const served = recorders.filter(({ servedInPeriod }) => servedInPeriod)
  if (served.length === 0) return { word: 'Empty', why: 'No recorder served in this period, so nothing was recorded.' }
  if (complete) {
    const who =
      served.length === 1 ? 'the one recorder that served' : `all ${count(served.length)} recorders that served`
    const have = served.length === 1 ? 'has' : 'have'
    return {
      word: 'Complete',
      why: `Nothing that was recorded up to ${time(question.to)} UTC is missing: ${who} in this period ${have} proven it on chain.`,
    }
  }
  const lacking = served.filter((recorder) => !recorder.complete).map(lack)
  return { word: 'Not complete', why: `${lacking.join('. ')}. Accesses after that may be missing.` }
}

const lack = ({ id, through }: RecorderFacts): string =>
  `Recorder R${id} has proven only what it recorded up to ${time(through)} UTC`

/** Returns the period, and whose choice its ends were. */
export function period({ question, watermark }: Report): string {
  const { from, to, fromGiven, toGiven } = question
  const end = day(from) === day(to) ? clock(to) : time(to)
  const notes = [
    ...(fromGiven ? [] : ['from the deployment of the contract']),
    ...(toGiven || watermark === null ? [] : ['up to the lowest watermark of its recorders']),
  ]
  return `${time(from)} to ${end} UTC${notes.length === 0 ? '' : `, ${notes.join(' ')}`}`
}

/** Returns whose rights decided what evidence is open. */
export const madeFor = ({ viewer }: Report): string =>
  viewer === 'OPERATOR' ? 'the operator, who may see all evidence' : `${viewer}, who may see what is not withheld`

export const DEVELOPMENT_CHAIN = 'Development chain: its operator can rewrite it.'

/** Returns what the report cannot show, a sentence or two each. */
export function limits(report: Report): string[] {
  const { counts } = report
  return [
    'A proxy that lets a packet through and records nothing is not seen here. Signed receipts, the watermark and a canary make it detectable, not impossible.',
    'An account is a wallet address, a pseudonym: who holds its key is not shown. Client ids and IP addresses are what the proxy saw.',
    'A row may cover several accesses of one connection: the first and the last time, and how many. A row that reaches beyond the period is shown as a whole; “at least” marks a count that stopped early.',
    'Purposes stand on chain as commitments; their texts are not part of this report.',
    ...(counts.notNarrowed > 0
      ? [
          `${plural(counts.notNarrowed, 'row')} cannot be narrowed: the chain names a wider topic, and no evidence says which name it was.`,
        ]
      : []),
    ...(counts.otherNames > 0
      ? [
          `${plural(counts.otherNames, 'record')} of the same topics concern${counts.otherNames === 1 ? 's' : ''} other names, by evidence, and ${counts.otherNames === 1 ? 'is' : 'are'} not shown; the bundle holds what proves it.`,
        ]
      : []),
    ...(counts.unsealed > 0
      ? [
          `${plural(counts.unsealed, 'row')} come${counts.unsealed === 1 ? 's' : ''} from sealed records: the chain shows only that they exist and were allowed or denied; their evidence says the rest, and is bound to the chain like any other.`,
        ]
      : []),
    ...(counts.sealed > 0
      ? [
          `${plural(counts.sealed, 'sealed record')} of the period stay${counts.sealed === 1 ? 's' : ''} closed: of other topics, erased, or not for this reader. Which of these, the chain cannot tell.`,
        ]
      : []),
    `Evidence of the rows: ${count(counts.erased)} erased, ${count(counts.withheld)} withheld, ${count(counts.notAvailable)} not available.`,
    ...(report.stateProof
      ? []
      : ['The node could give no state proof of this block: chain truth can be checked with a node only.']),
    ...(report.developmentChain
      ? ['The chain is a development chain. Whoever runs it can rewrite it; nothing here binds its operator.']
      : []),
  ]
}

/** How anyone checks the report, without trusting who made it. */
export const HOW_TO_VERIFY: readonly { what: string; command: string }[] = [
  {
    what: 'Signature, pages, rows, records, evidence, completeness; offline',
    command: 'npx flytrap verify REPORT.pdf',
  },
  { what: 'The same and the chain itself, with any node of it', command: 'npx flytrap verify REPORT.pdf --rpc URL' },
  {
    what: 'The recorders’ state, with the block hash from any explorer',
    command: 'npx flytrap verify REPORT.pdf --block-hash 0x…',
  },
  { what: 'The signature alone, with a tool that is not ours', command: 'pdfsig REPORT.pdf' },
  { what: 'Nothing: it takes the evidence bundle out, for your own program', command: 'pdfdetach -saveall REPORT.pdf' },
]
