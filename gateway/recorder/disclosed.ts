/** @module A disclosure as accesses: on chain the viewer and the topic; what was shown is erasable evidence. Pure. */
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import type { Access, Capture } from '../../records/port.ts'
import type { Disclosure, ShownGrant, ShownRecord, ShownReport } from './port.ts'

/** Who looks again and again makes one record a minute. */
const WINDOW_MS = 60_000
const ROLES: readonly Disclosure['role'][] = ['AUDITOR', 'TOPIC_OWNER', 'SUBJECT']

/** The operator chooses windows of devices; those of viewers are the same everywhere. */
export const captureDisclosures = (): Capture => ({ windowMs: WINDOW_MS, isSealed: false })

/** Returns the accesses, one for each topic: a report about a topic tells who looked at its evidence. */
export function accessesOf({
  viewer,
  role,
  records,
  grants = [],
  reports = [],
}: Disclosure): { access: Access; names: string[] }[] {
  const topics = Map.groupBy([...records, ...grants, ...reports], ({ topicId }) => topicId)
  return [...topics].map(([topicId, about]) => ({
    names: wordsOf(about),
    access: {
      action: Action.DISCLOSE,
      outcome: Outcome.ALLOWED,
      denialReason: DenialReason.NONE,
      account: viewer,
      topicId,
      grantId: 0,
      isSealed: about.some(({ isSealed }) => isSealed),
      connectionId: ROLES.indexOf(role), // each role its own window: the evidence names one
      evidence: { role },
    },
  }))
}

/** Returns what is shown in words: records in runs, of each grant `grant:17`, of each report `report:0x…`, its hash. */
const wordsOf = (shown: readonly (ShownRecord | ShownGrant | ShownReport)[]): string[] => [
  ...namesOf(shown.filter((one) => 'seq' in one)),
  ...shown.flatMap((one) => ('grantId' in one ? [`grant:${one.grantId}`] : [])),
  ...shown.flatMap((one) => ('reportHash' in one ? [`report:${one.reportHash}`] : [])),
]

/** Returns the records as few names as may be: `1:17-80` is sequences 17 to 80 of recorder 1. */
export function namesOf(records: readonly ShownRecord[]): string[] {
  const inOrder = [...records].sort((a, b) => a.recorderId - b.recorderId || a.seq - b.seq)
  const runs: { recorderId: number; from: number; to: number }[] = []
  for (const { recorderId, seq } of inOrder) {
    const last = runs.at(-1)
    if (last?.recorderId === recorderId && seq <= last.to + 1) last.to = seq
    else runs.push({ recorderId, from: seq, to: seq })
  }
  return runs.map(({ recorderId, from, to }) => `${recorderId}:${from === to ? from : `${from}-${to}`}`)
}
