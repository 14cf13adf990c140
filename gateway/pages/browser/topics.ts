/** @module The page of an owner's topics: which are his, and how to get more. */
import { literalPrefix } from '../../../domain/topic-filter.ts'
import { anchorOf, type Topic, type View } from '../../../domain/view.ts'
import { type Html, html } from '../html.ts'
import { Filter, Table } from '../parts.ts'
import { startApp } from './app.ts'
import { Field, Form, textOf } from './fields.ts'
import { readView } from './read-view.ts'
import type { Session } from './session.ts'
import { redeemPlan, registerPlan } from './topic-plans.ts'
import { useActing, useLoaded } from './use-work.ts'
import { readVoucher } from './voucher.ts'

function Topics({ session }: { session: Session }): Html {
  const { value, notice, reload } = useLoaded(session, (onProgress) => readView(session, onProgress))
  const { review, sheet } = useActing(session, reload)
  const mine = value === undefined ? [] : ownedBy(value.view, session.account)
  const example = mine[0] === undefined ? 'home/kitchen' : `${literalPrefix(mine[0].filter)}/kitchen`
  return html`${notice}${sheet}
    ${
      value !== undefined &&
      html`<section class="card"><h2>Yours</h2>
        <${Table} caption="Topics that you own" head=${['Topic', 'Rights given', 'For sale']}
          rows=${mine.map((topic) => rowOf(topic, value.view, value.time))}
          empty="You own no topic yet. A first-level name comes from the broker owner, by voucher; what lies below it you register yourself." /></section>`
    }
    <section class="card"><h2>Register below a name of yours</h2>
      <${Form} submit="Look at it first" onData=${(data: FormData) => review(() => registerPlan(session, textOf(data, 'filter')))}>
        <${Field} label="Topic filter" name="filter" required placeholder=${example}
          help="A name such as home/kitchen, or with wildcards: home/# is everything below home, home/+/light the light of each room. It must not tell of a person." />
      <//></section>
    <section class="card"><h2>Redeem a voucher for a first-level name</h2>
      <${Form} submit="Look at it first" onData=${(data: FormData) =>
        review(() =>
          redeemPlan(session, readVoucher(textOf(data, 'voucher'), session, Math.floor(Date.now() / 1_000))),
        )}>
        <${Field} label="Voucher" name="voucher" required placeholder="flytrap-voucher:…" help="One line that the broker owner made for your account; it serves once." />
      <//></section>`
}

const ownedBy = (view: View, account: string): Topic[] =>
  [...view.topics()]
    .filter((topic) => anchorOf(view, topic)?.owner === account)
    .sort((a, b) => (a.filter < b.filter ? -1 : 1))

function rowOf(topic: Topic, view: View, now: number) {
  const rights = view
    .snapshot()
    .grants.filter(({ topicId, endedBy, until }) => topicId === topic.topicId && endedBy === undefined && until > now)
  const href = `/owner/topic?filter=${encodeURIComponent(topic.filter)}`
  const offers = topic.terms?.offers ?? 0
  return [
    html`<${Filter} value=${topic.filter} href=${href} />`,
    String(rights.length),
    ['no', 'to publish', 'to subscribe', 'both'][offers],
  ]
}

startApp(Topics)
