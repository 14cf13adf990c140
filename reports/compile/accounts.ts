/** @module Who: the rows by account, as the first page shows them. Pure. */
import type { AccountFacts, ReportRow } from '../verify/format/report.ts'

/** Returns one entry an account, in the order of their first row; who proved no identity shares one. */
export function accountsOf(rows: readonly ReportRow[]): AccountFacts[] {
  const accounts = new Map<string | null, AccountFacts>()
  for (const row of rows) {
    const facts = accounts.get(row.account) ?? emptyFacts(row)
    accounts.set(row.account, facts)
    addRow(facts, row)
  }
  return [...accounts.values()]
}

function addRow(facts: AccountFacts, row: ReportRow): void {
  const isCertain = row.relation === 'certain'
  if (row.outcome === 'DENIED') facts[isCertain ? 'denied' : 'perhapsDenied'] += row.count
  else if (isCertain) facts.allowed[row.action] = (facts.allowed[row.action] ?? 0) + row.count
  else facts.perhapsAllowed += row.count
  facts.firstAt = Math.min(facts.firstAt, row.firstAt)
  facts.lastAt = Math.max(facts.lastAt, row.lastAt)
  facts.countIsLowerBound ||= isCertain && row.countIsLowerBound
  facts.owner ||= row.outcome === 'ALLOWED' && row.grantId === null
  const { grantId } = row
  if (grantId !== null && !facts.grantIds.includes(grantId)) facts.grantIds.push(grantId)
}

const emptyFacts = ({ account, firstAt, lastAt }: ReportRow): AccountFacts => ({
  account,
  allowed: {},
  denied: 0,
  perhapsAllowed: 0,
  perhapsDenied: 0,
  firstAt,
  lastAt,
  countIsLowerBound: false,
  owner: false,
  grantIds: [],
})
