/** @module Reports that an account asked for: requested, followed, found again. */
import { Buffer } from 'node:buffer'
import { asked } from '../asked.ts'
import { refuse } from '../errors.ts'
import type { RequestedReport as Report } from '../reports/report.ts'
import { whySigned } from '../reports/why-signed.ts'
import { assertPeriod } from './access-records.ts'
import { assertFirst, type NestedPage } from './connection.ts'
import type { GatewayContext } from './context.ts'
import { given } from './given.ts'
import { signedIn } from './signed-in.ts'
import { askedTopic } from './topic-scope.ts'

interface ReportInput {
  topicAccess: { topic: string; from?: number | null; to?: number | null }
}

export async function requestReport(_: unknown, { input }: { input: ReportInput }, context: GatewayContext) {
  const account = signedIn(context)
  const { topic, ...period } = given(input.topicAccess) as { topic: string; from?: number; to?: number }
  const topicFilter = askedTopic(topic)
  assertPeriod(period)
  const { client, reports } = context
  return asked(() => reports.request({ account, ...client }, { topicFilter, ...period }))
}

export async function report(_: unknown, { id }: { id: string }, context: GatewayContext) {
  const account = signedIn(context)
  return (await asked(() => context.reports.find(account, id))) ?? null
}

export async function requestedReports(_: unknown, { first, after }: NestedPage, context: GatewayContext) {
  const account = signedIn(context)
  assertFirst(first)
  const before = after === null || after === undefined ? undefined : placeOf(after)
  const rows = await asked(() => context.reports.list(account, { first: first + 1, before }))
  const nodes = rows.slice(0, first)
  const edges = nodes.map((node) => ({ node, cursor: cursorOf(node) }))
  return { edges, nodes, pageInfo: { hasNextPage: rows.length > first, endCursor: edges.at(-1)?.cursor ?? null } }
}

type Place = Pick<Report, 'requestedAt' | 'id'>

const cursorOf = ({ requestedAt, id }: Place): string => Buffer.from(`${requestedAt}.${id}`).toString('base64url')

/** Throws BAD_CURSOR. */
function placeOf(cursor: string): Place {
  const plain = Buffer.from(cursor.slice(0, 200), 'base64url').toString('latin1')
  const [, requestedAt, id] = /^(\d{1,15})\.([0-9a-f]{32})$/.exec(plain) ?? []
  if (requestedAt === undefined || id === undefined)
    refuse('BAD_CURSOR', 'Give `after` exactly as `endCursor` or an edge’s `cursor` gave it.')
  return { requestedAt: Number(requestedAt), id }
}

const seconds = (ms: number | undefined): number | null => (ms === undefined ? null : Math.floor(ms / 1_000))

/** One whose file was erased may stand on chain all the same. */
const ISSUABLE: readonly Report['status'][] = ['DONE', 'ERASED']

export const RequestedReport = {
  topic: ({ question }: Report) => question.topicFilter,
  from: ({ question }: Report) => question.from ?? null,
  to: ({ question }: Report) => question.to ?? null,
  requestedAt: ({ requestedAt }: Report) => seconds(requestedAt),
  startedAt: ({ startedAt }: Report) => seconds(startedAt),
  finishedAt: ({ finishedAt }: Report) => seconds(finishedAt),
  result: ({ id, status, made }: Report) =>
    made === undefined || status !== 'DONE' ? null : { ...made, ...made.evidence, id },
  async anchoring(report: Report, _: unknown, context: GatewayContext) {
    const { status, made } = report
    if (made === undefined || !ISSUABLE.includes(status)) return null
    const { head } = await context.store.status()
    const issued = head && (await context.store.report(made.reportHash, head.number))
    if (issued === undefined) return { state: 'SIGNED', reason: whySigned(report, context.recorder.status()) }
    const { block, transaction, issuedAt } = issued
    return { state: 'ANCHORED', block, transaction, at: issuedAt }
  },
}

type Made = NonNullable<Report['made']> & { id: string }

export const ReportResult = {
  url: ({ id }: Made) => `/reports/${id}.pdf`,
  sha256: ({ reportHash }: Made) => reportHash,
  complete: ({ isComplete }: Made) => isComplete,
}
