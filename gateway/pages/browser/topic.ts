/** @module The page of one topic, for its owner: who may use it, what it costs, from where. */
import { anchorOf, nearestLiteralTopic, type View } from '../../../domain/view.ts'
import { type Html, html } from '../html.ts'
import { Filter, Hex, Notice } from '../parts.ts'
import { startApp } from './app.ts'
import { readView } from './read-view.ts'
import { GrantSection, RightsSection } from './rights-sections.ts'
import { type Session, termsOf } from './session.ts'
import { CountriesSection, PricesSection } from './terms-sections.ts'
import { useActing, useLoaded } from './use-work.ts'

function TopicPage({ session }: { session: Session }): Html {
  const filter = new URLSearchParams(location.search).get('filter') ?? ''
  const { value, notice, reload } = useLoaded(session, async (onProgress) => {
    const read = await readView(session, onProgress)
    const topic = read.view.topic(filter)
    return { ...read, topic, terms: topic === undefined ? undefined : await termsOf(session, filter) }
  })
  const acting = useActing(session, reload)
  if (value === undefined) return html`${notice}`
  const { view, topic, terms, time } = value
  if (topic === undefined || terms === undefined) return html`<${Unregistered} filter=${filter} view=${view} />`
  const owner = anchorOf(view, topic)?.owner
  const about = { session, topic, terms, view, time, review: acting.review }
  return html`${notice}${acting.sheet}
    <h2 class="subject"><${Filter} value=${filter} /></h2>
    ${
      owner !== session.account &&
      html`<${Notice} kind="warn">This topic belongs to ${owner === undefined ? 'nobody' : html`<${Hex} value=${owner} />`}: only that account can change it. Choose it in your wallet.<//>`
    }
    <${RightsSection} ...${about} />
    ${owner === session.account && html`<${GrantSection} ...${about} /><${PricesSection} ...${about} /><${CountriesSection} ...${about} />`}`
}

function Unregistered({ filter, view }: { filter: string; view: View }): Html {
  const above = nearestLiteralTopic(view, filter)
  return html`<${Notice} kind="warn"><${Filter} value=${filter} /> is not registered${
    above === undefined
      ? ''
      : html`; the nearest topic above it is <${Filter} value=${above.filter} href=${`/owner/topic?filter=${encodeURIComponent(above.filter)}`} />`
  }. Register it in <a href="/owner/topics">your list of topics</a>.<//>`
}

startApp(TopicPage)
