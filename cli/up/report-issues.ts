/** @module Reports that commands made, anchored by the running gateway's recorder. */
import { z } from 'zod'
import type { Bytes32 } from '../../domain/bytes.ts'
import { ReportKind } from '../../domain/enums.ts'
import type { ReportToIssue } from '../../records/issue/issue.ts'
import type { ControlHandlers } from './control.ts'
import type { GatewayChild } from './gateway.ts'

const Hash = z.string().regex(/^0x[0-9a-f]{64}$/)
const Kind = z.coerce.number().pipe(z.literal(Object.values(ReportKind)))

export const issueHandlers = (gateway: Pick<GatewayChild, 'ask'>): ControlHandlers => ({
  'report-issue': async (given) => {
    await gateway.ask('issue', reportOf(given))
    return {}
  },
  'report-issued': async (given) => gateway.ask('issued', reportOf(given).reportHash),
})

/** Throws where it is none. */
function reportOf(given: URLSearchParams): ReportToIssue {
  const reportHash = Hash.parse(given.get('reportHash')) as Bytes32
  return { reportHash, kind: Kind.parse(given.get('kind')) }
}
