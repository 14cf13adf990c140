/** @module Refusals of the API: a code for programs, a sentence that says what to do. Nothing of our insides. */
import { GraphQLError } from 'graphql'

export type GatewayErrorCode =
  | 'BAD_ADDRESS'
  | 'BAD_BYTES'
  | 'BAD_NUMBER'
  | 'BAD_TIME'
  | 'BAD_PERIOD'
  | 'BAD_TOPIC'
  | 'BAD_CURSOR'
  | 'CURSOR_REORGANISED'
  | 'RECORD_REORGANISED'
  | 'FIRST_OUT_OF_RANGE'
  | 'BLOCK_IN_FUTURE'
  | 'TIME_IN_FUTURE'
  | 'BEFORE_DEPLOYMENT'
  | 'HISTORY_NOT_READY'
  | 'HISTORY_BEHIND'
  | 'HISTORY_UNREACHABLE'
  | 'HISTORY_FAILED'
  | 'CHAIN_UNREACHABLE'
  | 'RESULT_TOO_LARGE'
  | 'EVIDENCE_NOT_AVAILABLE'
  | 'NOT_FOUND'
  | 'BODY_TOO_LARGE'
  | 'BAD_REQUEST'
  | 'QUERY_TOO_DEEP'
  | 'QUERY_TOO_COMPLEX'
  | 'QUERY_TOO_LONG'
  | 'QUERY_TOO_SLOW'
  | 'RATE_LIMITED'
  | 'EXPORTS_BUSY'
  | 'FOREIGN_ORIGIN'
  | 'SIGN_IN_REFUSED'
  | 'SIGN_IN_EXPIRED'
  | 'SIGN_IN_NEEDED'
  | 'NOT_ENTITLED'
  | 'NOTHING_TO_ERASE'
  | 'HISTORY_UNREACHABLE'
  | 'PURPOSE_MISMATCH'
  | 'RECORDS_UNAVAILABLE'
  | 'REPORT_UNDER_WAY'
  | 'REPORTS_BUSY'
  | 'REPORTS_UNAVAILABLE'

/** A refusal on its way out; it may come wrapped in errors of the GraphQL library. */
export class GatewayError extends GraphQLError {
  override readonly name = 'GatewayError'
  readonly code: GatewayErrorCode

  /** `http.status` is for what is refused before anything was answered; a resolver's refusal stands beside its data. */
  constructor(code: GatewayErrorCode, message: string, http?: { status: number }) {
    super(message, { extensions: { code, ...(http === undefined ? {} : { http }) } })
    this.code = code
  }
}

/** For a place where a value was wanted. */
export function refuse(code: GatewayErrorCode, message: string): never {
  throw new GatewayError(code, message)
}
