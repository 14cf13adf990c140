/** @module The page of an account's income: what came, for which topic, and how to withdraw it. */
import { readEvents } from '../../../contracts/rpc/logs.ts'
import { showEth } from '../../../domain/amounts.ts'
import type { Hex as HexText } from '../../../domain/bytes.ts'
import { enumName, Income } from '../../../domain/enums.ts'
import { type Html, html } from '../html.ts'
import { Filter, Hex, Table, Time } from '../parts.ts'
import { startApp } from './app.ts'
import { accountOf, Field, Form, textOf } from './fields.ts'
import { type ReadView, readView, timeOf } from './read-view.ts'
import { withdrawPlan } from './right-plans.ts'
import { creditOf, type Session } from './session.ts'
import { useActing, useLoaded } from './use-work.ts'

interface Row {
  block: number
  topicId: HexText | undefined
  what: string
  /** Wei; negative when it was paid out. */
  amount: bigint
}

/** Newest first, so many. */
const SHOWN = 50

function IncomePage({ session }: { session: Session }): Html {
  const { value, notice, reload } = useLoaded(session, async (onProgress) => {
    const read = await readView(session, onProgress)
    return { ...(await rowsOf(session, read)), credit: await creditOf(session, session.account), view: read.view }
  })
  const { review, sheet } = useActing(session, reload)
  if (value === undefined) return html`${notice}`
  const { rows, times, total, credit, view } = value
  const withdraw = (data: FormData): void =>
    review(() => withdrawPlan(session.account, credit, textOf(data, 'to') === '' ? undefined : accountOf(data, 'to')))
  return html`${notice}${sheet}
    <section class="card"><h2>To withdraw</h2>
      <p class="figure">${credit === 0n ? 'nothing' : showEth(credit)}</p>
      ${
        credit > 0n &&
        html`<${Form} submit="Look at it first" onData=${withdraw}>
          <${Field} label="To another account (empty: to yourself)" name="to" placeholder="0x…" />
        <//>`
      }</section>
    <section class="card"><h2>What came and went</h2>
      ${total > rows.length && html`<p>The newest ${rows.length} of ${total}.</p>`}
      <${Table} caption="Income and withdrawals" head=${['When', 'Topic', 'What', 'Amount']}
        rows=${rows.map((row) => [
          html`<${Time} at=${times.get(row.block) ?? 0} />`,
          topicCell(row, view),
          row.what,
          `${row.amount < 0n ? '−' : '+'} ${showEth(row.amount < 0n ? -row.amount : row.amount)}`,
        ])}
        empty="Nothing yet. Income comes when somebody buys a right that you offer for sale: set a price in one of your topics." /></section>`
}

function topicCell({ topicId }: Row, view: ReadView['view']): Html | string {
  if (topicId === undefined) return '—'
  const topic = view.topicById(topicId)
  return topic === undefined ? html`<${Hex} value=${topicId} />` : html`<${Filter} value=${topic.filter} />`
}

async function rowsOf(session: Session, { block }: ReadView) {
  const { rpc, place, account } = session
  const indexed = [`0x${account.slice(2).padStart(64, '0')}` as HexText]
  const range = {
    address: place.contract,
    fromBlock: place.deployBlock,
    toBlock: block,
    names: ['Credited', 'Withdrawn'] as const,
    indexed,
  }
  const all: Row[] = []
  for await (const events of readEvents(rpc, range)) {
    for (const { name, args, log } of events) {
      if (name === 'Credited')
        all.push({
          block: log.blockNumber,
          topicId: args.topicId,
          what: enumName(Income, args.income)?.toLowerCase() ?? 'other',
          amount: args.amount,
        })
      if (name === 'Withdrawn')
        all.push({ block: log.blockNumber, topicId: undefined, what: 'withdrawn', amount: -args.amount })
    }
  }
  const rows = all.reverse().slice(0, SHOWN)
  const blocks = [...new Set(rows.map((row) => row.block))]
  const times = new Map(
    await Promise.all(blocks.map(async (number) => [number, await timeOf(session, number)] as const)),
  )
  return { rows, times, total: all.length }
}

startApp(IncomePage)
