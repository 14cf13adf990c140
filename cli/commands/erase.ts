/** @module `flytrap erase`: evidence of one account or topic is forgotten, and what of it stands where nothing reaches. */
import colors from 'picocolors'
import { showTime } from '../../domain/amounts.ts'
import { type Bytes32, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { RecorderState, Right } from '../../domain/enums.ts'
import { purposeKey } from '../../domain/evidence.ts'
import { overlaps } from '../../domain/filter-overlap.ts'
import { parseTopicFilter } from '../../domain/topic-filter.ts'
import type { View } from '../../domain/view.ts'
import { type ErasureCertificate, statusOf } from '../../records/erasure/order.ts'
import { readView } from '../actions/read-view.ts'
import { type ChainContext, type GlobalOptions, openChain } from '../context.ts'
import { CliError, usage } from '../errors.ts'
import { addressOf } from '../home/keys.ts'
import { agrees, canAsk } from '../terminal/ask.ts'
import { quoted } from '../terminal/output.ts'
import { withProgress } from '../terminal/progress.ts'
import { askUp } from '../up/control.ts'
import type { ShownCertificates } from '../up/erasure.ts'

export interface EraseOptions extends GlobalOptions {
  account?: string
  topic?: string
  yes?: boolean
}

export async function erase(options: EraseOptions): Promise<void> {
  const context = await openChain(options)
  const view = await readView(context)
  const { what, order } = orderOf(context, view, options)
  await agreeTo(context, what, options)
  const erasing = askUp<ErasureCertificate>(context.home, 'erase', order)
  const certificate = await withProgress(context.output, `erasing all evidence ${what}`, erasing)
  const shown = { ...certificate, status: statusOf(certificate, activeRecorders(view)) }
  context.output.result(shown)
  show(context, shown)
}

/** Every erasure that was ordered, and how far it is. */
export async function listErasures(options: GlobalOptions): Promise<void> {
  const context = await openChain(options)
  const active = activeRecorders(await readView(context))
  const { certificates } = await askUp<ShownCertificates>(context.home, 'erasures')
  const shown = certificates.map((certificate) => ({ ...certificate, status: statusOf(certificate, active) }))
  context.output.result({ erasures: shown })
  if (shown.length === 0) return context.output.line('Nothing was erased yet.')
  const rows = shown.map(({ erasure, status, left, reports }) => [
    showTime(erasure.requestedAt),
    erasure.ground,
    status,
    String(left),
    String(reports.length),
  ])
  context.output.table(['ordered', 'by', 'status', 'left', 'reports that hold it'], rows)
}

function orderOf(
  { home }: ChainContext,
  view: View,
  { account, topic }: EraseOptions,
): { what: string; order: Record<string, string> } {
  if ((account === undefined) === (topic === undefined))
    throw usage('Say whose evidence: npx flytrap erase --account ACCOUNT, or --topic FILTER.')
  if (account !== undefined) {
    const address = addressOf(home, account)
    const grants = [Right.PUBLISH, Right.SUBSCRIBE].flatMap((right) => [...view.grantsOf(address, right)])
    const purposes = grants.filter(({ purpose }) => purpose !== ZERO_BYTES32).map(purposeKey)
    return { what: `of ${account}`, order: { account: address, purposes: purposes.join(',') } }
  }
  return { what: `about ${topic}`, order: { topicIds: topicsAt(view, topic ?? '').join(',') } }
}

/** The topic, and the topics below it or across it: what their records tell may lie under it. */
function topicsAt(view: View, text: string): Bytes32[] {
  const filter = parseTopicFilter(text)
  if (filter === undefined) throw usage(`${JSON.stringify(text)} is no topic filter.`)
  const area = view.topic(filter)?.owner === undefined ? filter : parseTopicFilter(`${filter}/#`)
  const found = [...view.topics()].filter((topic) => area !== undefined && overlaps(area, topic.filter))
  if (found.length > 0) return found.map(({ topicId }) => topicId)
  throw new CliError('TOPIC_MISSING', `No topic is registered at ${quoted(text)}. See: npx flytrap topic list`)
}

async function agreeTo({ output }: ChainContext, what: string, { yes }: EraseOptions): Promise<void> {
  output.line(`This erases for good all evidence ${what} up to now. On chain stay accounts, filters, times and counts.`)
  if (yes === true || (canAsk() && (await agrees('Erase it?')))) return
  throw new CliError(
    'NOT_AGREED',
    `Nothing was erased: all evidence ${what} was to go. To agree: the same line with --yes`,
  )
}

const activeRecorders = (view: View): number[] =>
  [...view.recorders()].filter(({ state }) => state === RecorderState.ACTIVE).map(({ id }) => id)

function show({ output }: ChainContext, certificate: ErasureCertificate & { status: string }): void {
  const { erasure, status, left, reports } = certificate
  output.line(`${colors.green('✓')} erased, as ERASE record ${erasure.recorded.seq}; certificate ${status}`)
  if (left > 0)
    output.line(
      `  ${left} records and purposes are left: under a legal hold, or younger than storage.minimum. They go when that ends.`,
    )
  if (status === 'PENDING' && left === 0)
    output.line('  Other recorders still have to say that they hold no copy. See: npx flytrap erasures')
  for (const report of reports) output.line(`  report ${report} was issued with it, and still holds it`)
}
