/** @module Who may use a topic, with a button to end each right; and the form that gives one. */
import type { CurrentTerms } from '../../../domain/contract-calls.ts'
import { LawfulBasis, Right } from '../../../domain/enums.ts'
import { wordsOf } from '../../../domain/rights.ts'
import { rightsOn, standingWords } from '../../../domain/topic-holdings.ts'
import type { Topic, View } from '../../../domain/view.ts'
import { type Html, html } from '../html.ts'
import { Filter, Hex, Table, Time } from '../parts.ts'
import { accountOf, Field, Form, Tick, Until, untilOf } from './fields.ts'
import { basisWords, endPlan, grantPlan } from './right-plans.ts'
import type { Session } from './session.ts'
import { Trouble } from './trouble.ts'
import type { Acting } from './use-work.ts'

export interface TopicSection {
  session: Session
  topic: Topic
  terms: CurrentTerms
  view: View
  /** The newest block's time. */
  time: number
  review: Acting['review']
}

/** Ended and expired rights stay in the history; here is what stands. */
export function RightsSection({ session, topic, view, time, review }: TopicSection): Html {
  const held = rightsOn(view, topic.filter, time).filter(
    ({ grant }) => grant.endedBy === undefined && grant.until > time,
  )
  const rows = held.map(({ topic: on, grant, flaw }) => [
    html`<${Hex} value=${grant.account} />`,
    wordsOf(grant.right),
    html`<${Filter} value=${on.filter} />`,
    html`<${Time} at=${grant.until} />`,
    grant.bought === undefined ? `granted: ${basisWords(grant.basis)}` : 'bought',
    standingWords(flaw),
    html`<button onClick=${() => review(() => endPlan(session, on, grant))} aria-label=${`End it: the right of ${grant.account} to ${wordsOf(grant.right)}`}>End it</button>`,
  ])
  return html`<section class="card"><h2>Who may use it</h2>
    <p>Besides you, its owner. Rights on topics above it that reach it are listed too.</p>
    <${Table} caption="Rights that reach this topic" head=${['Who', 'May', 'On', 'Until', 'Why', 'Standing', '']} rows=${rows}
      empty="Nobody but you. Give somebody a right below, or offer it for sale." /></section>`
}

export function GrantSection({ session, topic, view, review }: TopicSection): Html {
  const give = (data: FormData): void =>
    review(() => {
      const rights = (data.has('publish') ? Right.PUBLISH : 0) | (data.has('subscribe') ? Right.SUBSCRIBE : 0)
      if (rights === 0) throw new Trouble('Tick what the account may do: publish, subscribe or both.')
      const account = accountOf(data, 'account')
      return grantPlan(
        session,
        topic,
        { account, rights, until: untilOf(data, 'until'), basis: Number(data.get('basis')) },
        view,
      )
    })
  return html`<section class="card"><h2>Give a right</h2>
    <${Form} submit="Look at it first" onData=${give}>
      <${Field} label="Account" name="account" required placeholder="0x…" help="The wallet address of the person or the device’s owner." />
      <fieldset><legend>What may it do?</legend>
        <${Tick} name="publish" label="Publish: send messages" />
        <${Tick} name="subscribe" label="Subscribe: read messages" checked />
      </fieldset>
      <${Until} name="until" />
      <div class="field"><label for="basis">Lawful basis (GDPR Art. 6(1))</label>
        <select id="basis" name="basis" required>
          <option value="">Choose one</option>
          ${Object.values(LawfulBasis).map((basis) => html`<option key=${basis} value=${basis}>${basisWords(basis)}</option>`)}
        </select></div>
    <//></section>`
}
