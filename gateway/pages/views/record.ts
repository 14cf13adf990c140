/** @module The page of one record: who, what, when, why, its evidence, its proof, and how to check it without us. */
import { PageError } from '../ask.ts'
import { type Html, html } from '../html.ts'
import { Facts, Filter, Hex, Time } from '../parts.ts'
import { AsOfForm, asOfVariable, linkTo } from './as-of.ts'
import { EVIDENCE_FIELDS, Evidence, type EvidenceRow, withoutEvidence } from './evidence.ts'
import { RECORD_FIELDS, type RecordRow, sequenceOf, What, When, Why } from './records-table.ts'
import type { View } from './view.ts'

const VIEWER = '{ viewer { wallet { address } } }'
const QUESTION = `query Record($id: ID!, $asOf: AsOf, $withEvidence: Boolean!) { accessRecord(id: $id, asOf: $asOf) { ${RECORD_FIELDS} topicId
  proof { sequence position record transaction head block { number hash time }
    recorder { id address state }
    batch { firstSequence count recordsHash evidenceRoot through builtAt head } }
  evidence @include(if: $withEvidence) { ${EVIDENCE_FIELDS} } } status { contract } }`

interface Record_ extends RecordRow {
  topicId: string
  proof: {
    sequence: string
    position: number
    record: string
    transaction: string
    head: string
    block: { number: string; hash: string; time: string }
    recorder: { id: string; address: string; state: string }
    batch: {
      firstSequence: string
      count: number
      recordsHash: string
      evidenceRoot: string
      through: string
      builtAt: string
      head: string
    }
  }
  evidence?: EvidenceRow
}

interface Answer {
  accessRecord: Record_ | null
  status: { contract: string }
}

export const recordPage: View = async (ask, given) => {
  const { id } = given
  if (id === undefined) throw new PageError('NOT_FOUND', 'Say which record: open one from a topic or an account.')
  const { viewer } = await ask<{ viewer: { wallet: { address: string } } | null }>(VIEWER)
  // Who is entitled and sees it, is recorded: only when asked for.
  const withEvidence = viewer === null || given.evidence === 'show'
  const variables = { id, asOf: asOfVariable(given), withEvidence }
  const { accessRecord: record, status } = await ask<Answer>(QUESTION, variables)
  if (record === null)
    throw new PageError(
      'NOT_FOUND',
      'There is no such record. It may be of later than the date that you chose, or its block was replaced.',
    )
  return {
    title: `Record ${sequenceOf(record.id)}`,
    lead: 'One decision, as the recorder wrote it to the chain: it can be neither changed nor left out unseen.',
    body: html`<${Told} record=${record} />
      <${Evidence} evidence=${record.evidence} given=${given} viewer=${viewer?.wallet.address} />
      <${Proof} record=${record} contract=${status.contract} />
      <section class="card"><h2>Another date</h2><p>What is said of the topic and the right is as of the date that you choose.</p>
        <${AsOfForm} path="/record" given=${withoutEvidence(given)} /></section>`,
  }
}

function Told({ record }: { record: Record_ }): Html {
  const { who, what, sealed, topicId } = record
  const nobody = sealed ? 'sealed: only evidence tells' : 'nobody: no identity was proved'
  const nothing = sealed
    ? 'sealed: only evidence tells'
    : /^0x0+$/.test(topicId)
      ? 'no topic'
      : html`<${Hex} value=${topicId} />`
  return html`<section class="card"><h2>What happened</h2><${Facts} of=${[
    [
      'Who',
      who === null ? nobody : html`<${Hex} value=${who.address} href=${linkTo('/wallet', { address: who.address })} />`,
    ],
    ['What', html`<${What} record=${record} />`],
    [
      'On',
      what === null
        ? nothing
        : html`<${Filter} value=${what.filter} href=${linkTo('/topic', { filter: what.filter })} />`,
    ],
    ['When', html`<${When} ...${record.when} />`],
    ['Why', html`<${Why} record=${record} />`],
  ]} /></section>`
}

function Proof({ record, contract }: { record: Record_; contract: string }): Html {
  const { sequence, position, recorder, transaction, block, batch, record: bytes } = record.proof
  return html`<section class="card"><h2>Proof</h2>
    <${Facts} of=${[
      ['Recorder', html`number ${recorder.id}, <${Hex} value=${recorder.address} />, ${recorder.state.toLowerCase()}`],
      ['Sequence', html`${sequence}: record ${position + 1} of ${batch.count} in its batch`],
      ['Transaction', html`<${Hex} value=${transaction} />`],
      ['Block', html`${block.number}, <${Hex} value=${block.hash} />, <${Time} at=${block.time} />`],
      ['Record bytes', html`<code class="secret">${bytes}</code>`],
      ['Batch head', html`<${Hex} value=${batch.head} />`],
      ['Hash of the batch’s records', html`<${Hex} value=${batch.recordsHash} />`],
      ['Root of its evidence', html`<${Hex} value=${batch.evidenceRoot} />`],
      ['Nothing earlier is missing up to', html`<${Time} at=${batch.through} />`],
    ]} />
    <h2>Check it without us</h2>
    <ol>
      <li>Open the transaction in any explorer of the chain: its logs are of the contract <${Hex} value=${contract} />, and one of them is a <code>Batch</code> with the head above.</li>
      <li>The call’s <code>records</code> hold 72 bytes a record. Bytes ${position * 72} to ${position * 72 + 71} are the record bytes above; keccak256 of them all is the hash above.</li>
      <li>Fold the recorder’s batches from its first: each head is keccak256 of the head before, the batch’s first sequence, count, hash, root, and its two times. The last one is what <code>recorders(${recorder.address})</code> of the contract returns: nothing was changed, and nothing left out.</li>
      <li>Or have it all done: <code>npx flytrap verify FILE.pdf</code> on a signed report.</li>
    </ol></section>`
}
