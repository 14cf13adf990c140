/** @module Who may do what, as rows. */
import { lawfulBasis } from '../../../reports/texts/words.ts'
import { type Html, html } from '../html.ts'
import { Filter, Hex, Table, Time } from '../parts.ts'
import { linkTo } from './as-of.ts'

export const RIGHT_FIELDS = `account { address } right topic { filter }
  grant { id lawfulBasis since until grantor { address } purpose { commitment } }`

export interface RightRow {
  account: { address: string }
  right: string
  topic: { filter: string }
  grant: {
    id: string
    lawfulBasis: string
    since: string
    until: string | null
    grantor: { address: string }
    purpose: { commitment: string } | null
  } | null
}

/** A page shows no more at once; the API gives all. */
const SHOWN = 200

export function RightsTable({ rights, empty }: { rights: readonly RightRow[]; empty: string }): Html {
  const rows = rights
    .slice(0, SHOWN)
    .map(({ account, right, topic, grant }) => [
      html`<${Hex} value=${account.address} href=${linkTo('/wallet', { address: account.address })} />`,
      right.toLowerCase(),
      html`<${Filter} value=${topic.filter} href=${linkTo('/topic', { filter: topic.filter })} />`,
      grant === null ? 'as long as it owns the topic' : html`<${Time} at=${grant.until} />`,
      grant === null
        ? 'owner'
        : html`${lawfulBasis(grant.lawfulBasis)}; right ${grant.id} from <${Hex} value=${grant.grantor.address} href=${linkTo('/wallet', { address: grant.grantor.address })} />${purposeOf(grant.purpose)}`,
    ])
  return html`<${Table} caption="Rights that count" head=${['Who', 'May', 'On', 'Until', 'Why']} rows=${rows} empty=${empty} />
    ${rights.length > SHOWN && html`<p class="help">The first ${SHOWN} of ${rights.length}. Ask <code>accessRights</code> in the <a href="/playground/">playground</a> for all.</p>`}`
}

/** Its words are evidence: seeing them would be recorded, which a look at a list must not be. */
const purposeOf = (purpose: NonNullable<RightRow['grant']>['purpose']): Html | string =>
  purpose === null ? '' : html`; purpose committed to as <${Hex} value=${purpose.commitment} />`
