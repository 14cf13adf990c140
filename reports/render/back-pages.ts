/** @module What stands behind the rows: grants, topics, accounts, recorders, batches; limits, and how to verify. */

import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { HOW_TO_VERIFY, limits } from '../texts/en.ts'
import { plural, time, until } from '../texts/format.ts'
import { visible } from '../texts/visible.ts'
import { inWords, lawfulBasis, right } from '../texts/words.ts'
import type { Bundle } from '../verify/format/bundle.ts'
import type { RecorderFacts, Report, ReportGrant } from '../verify/format/report.ts'
import { drawHeading } from './front-page.ts'
import type { Labels } from './labels.ts'
import type { Sheet } from './sheet.ts'
import { COLOR, CONTENT_WIDTH, colored, STYLE } from './style.ts'
import { type Cell, drawTable } from './table.ts'

export function drawGrants(sheet: Sheet, { grants, topics }: Report, labels: Labels): void {
  drawHeading(sheet, 'Why: the grants')
  if (grants.length === 0) sheet.text('No grant reached this topic in the period, and no row rests on one.', STYLE.body)
  else
    drawTable(
      sheet,
      GRANT_COLUMNS,
      grants.map((grant) => grantCells(grant, labels)),
    )
  if (topics.length === 0) return
  drawHeading(sheet, 'Topics of the rows')
  drawTable(
    sheet,
    [
      { head: 'TOPIC', width: 250 },
      { head: 'OWNER AT THIS BLOCK', width: 120 },
      { head: 'REGISTERED, UTC', width: CONTENT_WIDTH - 370 },
    ],
    topics.map(({ filter, owner, registeredAt }) => [
      [{ text: visible(filter), style: STYLE.cellMono }],
      [{ text: owner === null ? 'of the topic above it' : labels.long(owner), style: STYLE.cell }],
      [{ text: time(registeredAt), style: STYLE.cell }],
    ]),
  )
}

const GRANT_COLUMNS = [
  { head: 'GRANT', width: 62 },
  { head: 'TO', width: 88 },
  { head: 'ON', width: 118 },
  { head: 'LAWFUL BASIS AND PURPOSE', width: 112 },
  { head: 'FROM AND UNTIL, UTC', width: CONTENT_WIDTH - 380 },
]

function grantCells(grant: ReportGrant, labels: Labels): Cell[] {
  const { id, account, filter, grantor, purpose, since, ended } = grant
  return [
    [
      { text: `Grant ${id}`, style: STYLE.cellStrong },
      { text: right(grant.right), style: STYLE.small },
    ],
    [
      { text: labels.long(account), style: STYLE.cell },
      { text: `by ${labels.of(grantor)}`, style: STYLE.small },
    ],
    [{ text: visible(filter ?? ''), style: STYLE.cellMono }],
    [
      { text: lawfulBasis(grant.lawfulBasis), style: STYLE.cell },
      { text: purpose === ZERO_BYTES32 ? 'no purpose stated' : `purpose ${purpose}`, style: STYLE.small },
    ],
    [
      { text: time(since), style: STYLE.cell },
      { text: grant.until >= 2 ** 40 - 1 ? 'without end' : `until ${until(grant.until)}`, style: STYLE.small },
      ...(ended === null
        ? []
        : [{ text: `ended ${time(ended.at)} by ${labels.of(ended.by)}`, style: colored(STYLE.small, COLOR.denied) }]),
    ],
  ]
}

export function drawAccountsIndex(sheet: Sheet, labels: Labels): void {
  const all = labels.all()
  if (all.length === 0) return
  drawHeading(sheet, 'Accounts', Math.min(300, 40 + all.length * 19))
  drawTable(
    sheet,
    [
      { head: 'HERE', width: 60 },
      { head: 'ADDRESS', width: CONTENT_WIDTH - 60 },
    ],
    all.map(({ label, account }) => [
      [{ text: label, style: STYLE.cellStrong }],
      [{ text: account, style: STYLE.mono }],
    ]),
  )
}

export function drawRecorders(sheet: Sheet, report: Report, bundle: Bundle): void {
  drawHeading(sheet, 'Nothing left out: the recorders')
  sheet.text(
    'Each proxy and gateway records into its own gap-free sequence. Its watermark says up to when everything that it decided is on chain. A period is complete when every recorder that served in it has a watermark beyond its end.',
    STYLE.body,
    { gap: 6 },
  )
  drawTable(sheet, RECORDER_COLUMNS, report.recorders.map(recorderCells))
  const used = usedBatches(report, bundle)
  if (used.length === 0) return
  drawHeading(sheet, 'Transactions of the rows')
  drawTable(
    sheet,
    [
      { head: 'RECORDS', width: 90 },
      { head: 'TRANSACTION', width: 330 },
      { head: 'BLOCK', width: CONTENT_WIDTH - 420 },
    ],
    used.map(({ id, firstSeq, count, transactionHash, blockNumber }) => [
      [{ text: `R${id} #${firstSeq}${count > 1 ? ` to #${firstSeq + count - 1}` : ''}`, style: STYLE.cell }],
      [{ text: transactionHash, style: STYLE.cellMono }],
      [{ text: String(blockNumber), style: STYLE.cell }],
    ]),
  )
}

const RECORDER_COLUMNS = [
  { head: 'RECORDER', width: 196 },
  { head: 'SEQUENCES', width: 74 },
  { head: 'WATERMARK, UTC', width: 112 },
  { head: 'PERIOD', width: CONTENT_WIDTH - 382 },
]

function recorderCells(facts: RecorderFacts): Cell[] {
  const verdict = facts.servedInPeriod ? (facts.complete ? 'complete' : 'not complete') : 'did not serve'
  const color = facts.servedInPeriod ? (facts.complete ? COLOR.allowed : COLOR.denied) : COLOR.muted
  return [
    [
      { text: `R${facts.id} · ${inWords(facts.state).toLowerCase()}`, style: STYLE.cellStrong },
      { text: facts.recorder, style: STYLE.cellMono },
      { text: `since ${time(facts.addedAt)}`, style: STYLE.small },
    ],
    [{ text: facts.lastSeq === null ? 'none yet' : `${facts.firstSeq} to ${facts.lastSeq}`, style: STYLE.cell }],
    [
      { text: time(facts.through), style: STYLE.cell },
      { text: `built ${time(facts.builtAt)}`, style: STYLE.small },
    ],
    [{ text: verdict, style: colored(STYLE.cellStrong, color) }],
  ]
}

function usedBatches({ rows }: Report, { recorders }: Bundle) {
  const used = new Set(rows.map(({ transaction }) => transaction))
  return recorders.flatMap(({ id, batches }) =>
    batches.filter(({ transactionHash }) => used.has(transactionHash)).map((batch) => ({ ...batch, id })),
  )
}

export function drawLimits(sheet: Sheet, report: Report): void {
  drawHeading(sheet, 'What this report cannot show')
  for (const text of limits(report)) sheet.text(text, STYLE.body, { gap: 4 })
  drawHeading(sheet, 'How to verify it without us', 210)
  const files = plural(report.counts.events, 'contract event')
  sheet.text(
    `Attached as flytrap-evidence.json: the records of the period byte for byte, the evidence of all records that the question had to look at, shown or not, ${files}, and the recorders’ whole chain of batches. Every row above follows from it.`,
    STYLE.body,
    { gap: 6 },
  )
  drawTable(
    sheet,
    [
      { head: 'WHAT IT CHECKS', width: 270 },
      { head: 'COMMAND', width: CONTENT_WIDTH - 270 },
    ],
    HOW_TO_VERIFY.map(({ what, command }) => [
      [{ text: what, style: STYLE.cell }],
      [{ text: command, style: STYLE.cellMono }],
    ]),
  )
}
