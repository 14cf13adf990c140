/** @module Why a report was not made, for who asked and, where it is ours to mend, for the log. Pure. */
import { RpcError } from '../../contracts/rpc/json-rpc.ts'
import { RecordsError } from '../../records/port.ts'
import { ReportError } from '../../reports/errors.ts'
import { GatewayError } from '../errors.ts'
import { MakingError, type ReportFailure } from './report.ts'

/** `detail` is for the log alone. */
export interface Failed extends ReportFailure {
  detail?: string
}

const CHAIN = 'The chain could not be read. Ask again soon.'
const EVIDENCE = 'The evidence store could not be read. Ask again soon, or tell the operator.'
const RECORDS =
  'This gateway could not record that evidence is shown, so it opened none. Ask again soon, or tell the operator.'
const INTERNAL = 'Something failed here. Ask again; the operator finds it in the log.'

export function failureOf(error: unknown): Failed {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (error instanceof MakingError || error instanceof ReportError) return { code: error.code, message: error.message }
  if (error instanceof RpcError) return { code: 'CHAIN_UNREACHABLE', message: CHAIN, detail }
  if (error instanceof RecordsError)
    return error.code.startsWith('STORE_')
      ? { code: 'EVIDENCE_NOT_AVAILABLE', message: EVIDENCE, detail }
      : { code: 'RECORDS_UNAVAILABLE', message: RECORDS, detail }
  if (error instanceof GatewayError && error.code === 'NOT_ENTITLED')
    return { code: error.code, message: error.message }
  return { code: 'INTERNAL', message: INTERNAL, detail }
}
