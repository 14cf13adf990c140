/** @module The page of one account: what it owns, what it may do, and what it did. */

import { PageError } from '../ask.ts'
import { html } from '../html.ts'
import { Filter, Hex, Table, Time } from '../parts.ts'
import { AsOfForm, AsOfLine, asOfVariable, type BlockRow, linkTo } from './as-of.ts'
import { KEY_FIELDS, type KeyPage, KeysTable } from './keys-table.ts'
import { RECORD_FIELDS, type RecordPage, RecordsTable } from './records-table.ts'
import { RIGHT_FIELDS, type RightRow, RightsTable } from './rights-table.ts'
import { periodOf, RecordFilterForm } from './topic.ts'
import type { View } from './view.ts'

const QUESTION = `query Wallet($address: Address!, $where: AccessWhere!, $after: String, $asOf: AsOf) {
  topics(where: { owner: $address }, first: 100, asOf: $asOf) { nodes { filter registeredAt } pageInfo { hasNextPage } }
  wallet(address: $address, asOf: $asOf) { deviceKeys(first: 100) { nodes { ${KEY_FIELDS} } pageInfo { hasNextPage } } }
  accessRights(account: $address, asOf: $asOf) { ${RIGHT_FIELDS} }
  accessRecords(where: $where, first: 25, after: $after, asOf: $asOf) {
    nodes { ${RECORD_FIELDS} } pageInfo { hasNextPage endCursor } asOf { number time } } }`

interface Answer {
  topics: { nodes: { filter: string; registeredAt: string }[]; pageInfo: { hasNextPage: boolean } }
  wallet: { deviceKeys: KeyPage }
  accessRights: RightRow[]
  accessRecords: RecordPage & { asOf: BlockRow }
}

export const walletPage: View = async (ask, given) => {
  const { address } = given
  if (address === undefined)
    throw new PageError('NOT_FOUND', 'Say which account: give its address on the page of topics.')
  const where = {
    account: address,
    ...periodOf(given),
    ...(given.outcome === undefined ? {} : { outcome: given.outcome }),
  }
  const variables = { address, where, after: given.after ?? null, asOf: asOfVariable(given) }
  const { topics, wallet, accessRights, accessRecords } = await ask<Answer>(QUESTION, variables)
  const owned = topics.nodes.map(({ filter, registeredAt }) => [
    html`<${Filter} value=${filter} href=${linkTo('/topic', { filter })} />`,
    html`<${Time} at=${registeredAt} />`,
  ])
  return {
    title: 'Account',
    lead: html`<${Hex} value=${address} />: a pseudonym, so perhaps a person’s data (GDPR Art. 4(5)).`,
    body: html`<section class="card"><h2>What it may do</h2>
        <${AsOfForm} path="/wallet" given=${given} />
        <${RightsTable} rights=${accessRights} empty="Nothing: it owns no topic, and no right of it counts." /></section>
      <section class="card"><h2>What it owns</h2>
        <${Table} caption="Literal topics that it owns" head=${['Topic', 'Registered']} rows=${owned} empty="No topic." />
        ${topics.pageInfo.hasNextPage && html`<p class="help">The newest 100. The <a href="/playground/">playground</a> gives all.</p>`}</section>
      <section class="card"><h2>Which keys sign in for it</h2><${KeysTable} page=${wallet.deviceKeys} /></section>
      <section class="card"><h2>What it did</h2>
        <${RecordFilterForm} path="/wallet" given=${given} keep=${['address', 'asOf']} />
        <${RecordsTable} withWho=${false} page=${accessRecords} path="/wallet" given=${given} empty="No access of it is recorded under its name. Sealed records name nobody." />
        <${AsOfLine} block=${accessRecords.asOf} /></section>`,
  }
}
