/** @module The overview: how much happens, what is refused, and whether anything is missing. */
import { reason } from '../../../reports/texts/words.ts'
import type { Ask } from '../ask.ts'
import { type Html, html } from '../html.ts'
import { Facts, Hex, Notice, Table, Time } from '../parts.ts'
import { AsOfForm, asOfVariable, type BlockRow, linkTo } from './as-of.ts'
import { bucketsOf, Coverage, TrafficChart } from './chart.ts'
import type { Given, View } from './view.ts'

const STATUS = `query Status($asOf: AsOf) { status { chainId contract lag trouble totals { accessRecords recorders } }
  topics(first: 1, asOf: $asOf) { asOf { number hash time } } }`
const PERIOD = `query Period($from: Time!, $to: Time!, $asOf: AsOf) {
  accessRecords(where: { from: $from, to: $to }, first: 1000, asOf: $asOf) {
    nodes { outcome denialReason when { first count } } pageInfo { hasNextPage } }
  completeness(from: $from, to: $to) { complete through verdict
    recorders { served complete recorder { id address state through } } } }`

interface Status {
  status: {
    chainId: string
    contract: string
    lag: number | null
    trouble: string | null
    totals: { accessRecords: string; recorders: number }
  }
  topics: { asOf: BlockRow & { hash: string } }
}

interface Period {
  accessRecords: {
    nodes: { outcome: string; denialReason: string | null; when: { first: string; count: number } }[]
    pageInfo: { hasNextPage: boolean }
  }
  completeness: {
    complete: boolean
    through: string | null
    verdict: string
    recorders: {
      served: boolean
      complete: boolean
      recorder: { id: string; address: string; state: string; through: string }
    }[]
  }
}

const DAY = 86_400
const PERIODS: Readonly<Record<string, { days: number; parts: number; words: string }>> = {
  day: { days: 1, parts: 24, words: 'the last day' },
  week: { days: 7, parts: 28, words: 'the last 7 days' },
  month: { days: 30, parts: 30, words: 'the last 30 days' },
}

export const overviewPage: View = async (ask, given) => {
  const { status, topics } = await ask<Status>(STATUS, { asOf: asOfVariable(given) })
  const to = secondsOf(topics.asOf.time)
  const chosen = Object.hasOwn(PERIODS, given.period ?? '') ? (given.period ?? 'day') : 'day'
  const { days, parts, words } = PERIODS[chosen]!
  const from = to - days * DAY
  const period = await askPeriod(ask, { from, to }, given)
  return {
    title: 'Overview',
    lead: 'Who accessed what, when and why, from the contract’s own events. Nothing here needs to be believed: each record leads to its proof.',
    body: html`<${State} status=${status} block=${topics.asOf} />
      <section class="card"><h2>Traffic in ${words} up to block ${topics.asOf.number}</h2>
        <p class="choices">${Object.entries(PERIODS).map(
          ([name, { words: label }]) =>
            html`<a key=${name} href=${linkTo('/', { ...given, period: name })} aria-current=${name === chosen ? 'true' : undefined}>${label}</a>`,
        )}</p>
        <${AsOfForm} path="/" given=${given} />
        <${Traffic} period=${period} from=${from} to=${to} parts=${parts} /></section>
      <${Denials} period=${period} />
      <${Missing} period=${period} from=${from} to=${to} />`,
  }
}

const secondsOf = (iso: string): number => Math.floor(Date.parse(iso) / 1_000)
const isoOf = (seconds: number): string => new Date(seconds * 1_000).toISOString()

const askPeriod = (ask: Ask, { from, to }: { from: number; to: number }, given: Given): Promise<Period> =>
  ask<Period>(PERIOD, { from: isoOf(Math.max(0, from)), to: isoOf(to), asOf: asOfVariable(given) })

function State({ status, block }: { status: Status['status']; block: Status['topics']['asOf'] }): Html {
  const { chainId, contract, lag, trouble, totals } = status
  return html`<section class="card"><h2>What this is about</h2>
    ${trouble !== null && html`<${Notice} kind="warn">The history does not go on (${trouble}): what follows is as of its last block. Ask the operator to look.<//>`}
    <${Facts} of=${[
      ['Contract', html`<${Hex} value=${contract} />, on chain ${chainId}`],
      ['Block', html`${block.number}, <${Hex} value=${block.hash} />, <${Time} at=${block.time} />`],
      [
        'Records in all',
        `${totals.accessRecords}, by ${totals.recorders} ${totals.recorders === 1 ? 'recorder' : 'recorders'}`,
      ],
      [
        'Behind the chain',
        lag === null ? 'unknown: the chain was not reached' : lag === 0 ? 'nothing' : `${lag} blocks`,
      ],
    ]} /></section>`
}

function Traffic({ period, from, to, parts }: { period: Period; from: number; to: number; parts: number }): Html {
  const { nodes, pageInfo } = period.accessRecords
  const counted = nodes
    .filter(({ outcome }) => outcome !== 'UNKNOWN') // a broken recorder's number is neither
    .map(({ outcome, when }) => ({ first: secondsOf(when.first), count: when.count, isAllowed: outcome === 'ALLOWED' }))
  const total = (isAllowed: boolean): number =>
    counted.filter((one) => one.isAllowed === isAllowed).reduce((sum, { count }) => sum + count, 0)
  if (nodes.length === 0)
    return html`<p class="empty">Nothing was recorded in this period. Choose a longer one, or another date.</p>`
  return html`<div class="figures">
      <div><p class="figure">${total(true)}</p><p>accesses allowed</p></div>
      <div><p class="figure">${total(false)}</p><p>accesses refused</p></div>
      <div><p class="figure">${nodes.length}${pageInfo.hasNextPage && ' or more'}</p><p>records on chain</p></div></div>
    ${pageInfo.hasNextPage && html`<${Notice} kind="warn">Only the newest ${nodes.length} records of the period are counted and drawn here. The <a href="/playground/">playground</a> gives all, page by page.<//>`}
    <${TrafficChart} buckets=${bucketsOf(counted, { from, to, parts })} to=${to} />`
}

function Denials({ period }: { period: Period }): Html {
  const counts = new Map<string, number>()
  for (const { outcome, denialReason, when } of period.accessRecords.nodes) {
    if (outcome !== 'DENIED') continue
    const why = denialReason === null ? 'sealed' : reason(denialReason)
    counts.set(why, (counts.get(why) ?? 0) + when.count)
  }
  const rows = [...counts].sort(([, a], [, b]) => b - a)
  const most = rows[0]?.[1] ?? 1
  return html`<section class="card"><h2>What was refused, and why</h2>
    <${Table} caption="Refused accesses by reason" head=${['Why', 'How often', '']} empty="Nothing was refused in this period."
      rows=${rows.map(([why, count]) => [why, String(count), html`<${Coverage} part=${count / most} words=${`${count} of ${most}, the most frequent`} />`])} /></section>`
}

const NOT_YET =
  'Not every recorder has proven yet that it wrote all it decided up to the end of this period. Look again later, or choose an earlier day.'

function Missing({ period, from, to }: { period: Period; from: number; to: number }): Html {
  const { complete, through, verdict, recorders } = period.completeness
  const rows = recorders
    .filter(({ served }) => served)
    .map(({ recorder, complete: isWhole }) => {
      const part = (secondsOf(recorder.through) - from) / (to - from)
      return [
        html`number ${recorder.id}, <${Hex} value=${recorder.address} />`,
        recorder.state.toLowerCase(),
        html`<${Time} at=${recorder.through} />`,
        html`<${Coverage} part=${isWhole ? 1 : part} words=${isWhole ? 'The whole period is proven' : `${Math.round(Math.max(0, part) * 100)} % of the period is proven`} />`,
      ]
    })
  return html`<section class="card"><h2>Is anything missing?</h2>
    <p><span class=${`badge ${complete ? 'good' : 'warn'}`}>${complete ? 'complete' : 'not yet proven to the end'}</span> ${complete ? verdict : NOT_YET}</p>
    ${!complete && through !== null && html`<p>Every period that ends at <${Time} at=${through} /> or before is complete.</p>`}
    <${Table} caption="How far each recorder has proven all it decided" head=${['Recorder', 'State', 'Nothing missing up to', 'Of this period']} rows=${rows} empty="No recorder served in this period." />
    <p class="help">Each recorder’s sequence has no gaps, and each batch says up to when nothing is missing. That is proven on chain; a proxy that let something through and recorded nothing is not found by it.</p></section>`
}
