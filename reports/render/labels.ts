/** @module Short names for accounts within one report: A1, A2 … in the order of the first page. Pure. */
import type { Address } from '../../domain/bytes.ts'
import { short } from '../texts/format.ts'
import type { Report } from '../verify/format/report.ts'

export interface Labels {
  /** `A1`, or `Unproved` for who proved no identity. */
  of(account: Address | null): string
  /** `A1 · 0x7099…79c8`. */
  long(account: Address | null): string
  all(): { label: string; account: Address }[]
}

/** Labels accounts of rows first, then grantees, grantors and owners. */
export function labelAccounts({ accounts, grants, topics }: Report): Labels {
  const seen = new Set<Address>()
  const add = (account: Address | null): void => {
    if (account !== null) seen.add(account)
  }
  for (const { account } of accounts) add(account)
  for (const { account, grantor, ended } of grants) for (const who of [account, grantor, ended?.by ?? null]) add(who)
  for (const { owner } of topics) add(owner)
  const labels = new Map([...seen].map((account, i) => [account, `A${i + 1}`]))
  const of = (account: Address | null): string =>
    account === null ? 'Unproved' : (labels.get(account) ?? short(account))
  return {
    of,
    long: (account) => (account === null ? 'Unproved' : `${of(account)} · ${short(account)}`),
    all: () => [...labels].map(([account, label]) => ({ label, account })),
  }
}
