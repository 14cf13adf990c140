/** @module The topics page: what is registered, and the way to any name. */
import { html } from '../html.ts'
import { Filter, Hex, Table, Time } from '../parts.ts'
import { AsOfForm, AsOfLine, asOfVariable, type BlockRow, linkTo } from './as-of.ts'
import type { View } from './view.ts'

const QUESTION = `query Topics($after: String, $asOf: AsOf) {
  topics(first: 50, after: $after, asOf: $asOf) {
    nodes { filter owner { address } registeredAt } pageInfo { hasNextPage endCursor } asOf { number time } } }`

interface Answer {
  topics: {
    nodes: { filter: string; owner: { address: string } | null; registeredAt: string }[]
    pageInfo: { hasNextPage: boolean; endCursor: string | null }
    asOf: BlockRow
  }
}

export const topicsPage: View = async (ask, given) => {
  const { topics } = await ask<Answer>(QUESTION, { after: given.after ?? null, asOf: asOfVariable(given) })
  const rows = topics.nodes.map(({ filter, owner, registeredAt }) => [
    html`<${Filter} value=${filter} href=${linkTo('/topic', { filter })} />`,
    owner === null
      ? 'the owner of the topic above'
      : html`<${Hex} value=${owner.address} href=${linkTo('/wallet', { address: owner.address })} />`,
    html`<${Time} at=${registeredAt} />`,
  ])
  return {
    title: 'Topics',
    lead: 'Every registered topic, newest first. Open one to see who may use it and who did.',
    body: html`<section class="card"><h2>Find</h2>
        <form class="inline" method="get" action="/topic">
          <label for="filter">Topic name or filter</label>
          <input id="filter" name="filter" required placeholder="home/kitchen/temperature" autocomplete="off" spellcheck=${false} />
          <button class="primary" type="submit">Open the topic</button></form>
        <form class="inline" method="get" action="/wallet">
          <label for="address">Account</label>
          <input id="address" name="address" required placeholder="0x…" autocomplete="off" spellcheck=${false} />
          <button class="primary" type="submit">Open the account</button></form></section>
      <section class="card"><h2>Registered</h2>
        <${AsOfForm} path="/topics" given=${given} />
        <${Table} caption="Registered topics" head=${['Topic', 'Owner', 'Registered']} rows=${rows}
          empty="No topic is registered. The broker owner gives first-level names with: npx flytrap topic register NAME" />
        ${topics.pageInfo.hasNextPage && html`<p><a href=${linkTo('/topics', { ...given, after: topics.pageInfo.endCursor ?? undefined })}>Older topics</a></p>`}
        <${AsOfLine} block=${topics.asOf} /></section>`,
  }
}
