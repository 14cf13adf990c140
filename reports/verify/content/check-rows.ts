/** @module What the report says against what its evidence gives: every row, every grant, and how complete it is. */

import { canonicalJson } from '../../../domain/evidence.ts'
import type { Folded } from '../evidence/folded.ts'
import type { Findings } from '../findings.ts'
import type { Attachment } from '../format/report.ts'
import type { ExpectedRow } from './expected-rows.ts'
import { issuedGrants } from './issued-grants.ts'

export function checkRows({ report }: Attachment, expected: readonly ExpectedRow[], findings: Findings): void {
  const told = new Map(report.rows.map((row) => [`R${row.recorderId} #${row.seq}`, row]))
  const missing = expected.find(({ row }) => !told.has(`R${row.recorderId} #${row.seq}`))?.row
  const isSame = (i: number): boolean =>
    canonicalJson(report.rows[i] ?? null) === canonicalJson(expected[i]?.row ?? null)
  const different = report.rows.find((_, i) => !isSame(i))
  const problem =
    missing !== undefined
      ? `Record R${missing.recorderId} #${missing.seq} answers the question, and is left out.`
      : different !== undefined
        ? `Row R${different.recorderId} #${different.seq} is not what its record and evidence say.`
        : undefined
  findings.check(
    'rows',
    problem,
    `${report.rows.length} rows are what their records and evidence say, and none that can be told is left out.`,
  )
}

export function checkGrants({ report }: Attachment, folded: Folded, findings: Findings): void {
  const issued = issuedGrants(folded)
  const told = new Set(report.grants.map(({ id }) => id))
  const untold = report.rows.find(({ grantId }) => grantId !== null && issued.has(grantId) && !told.has(grantId))
  const unissued = report.rows.find(({ grantId }) => grantId !== null && !issued.has(grantId))
  const different = report.grants.find((grant) => canonicalJson(grant) !== canonicalJson(issued.get(grant.id) ?? null))
  const problem =
    unissued !== undefined
      ? `Row R${unissued.recorderId} #${unissued.seq} rests on grant ${unissued.grantId}, which was never issued.`
      : untold !== undefined
        ? `Grant ${untold.grantId} stands behind a row, and is left out.`
        : different !== undefined
          ? `Grant ${different.id} is not what the contract's events say.`
          : undefined
  findings.check('grants', problem, `${report.grants.length} grants are what the contract's events say.`)
}
