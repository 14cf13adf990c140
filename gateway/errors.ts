/** @module Refusals of the API: a code for programs, a sentence that says what to do. Nothing of our insides. */
import { GraphQLError } from 'graphql'

export type GatewayErrorCode =
  | 'BAD_ADDRESS'
  | 'BAD_BYTES'
  | 'BAD_NUMBER'
  | 'BAD_TIME'
  | 'BAD_TOPIC'
  | 'BAD_CURSOR'
  | 'CURSOR_REORGANISED'
  | 'FIRST_OUT_OF_RANGE'
  | 'BLOCK_IN_FUTURE'
  | 'BEFORE_DEPLOYMENT'
  | 'HISTORY_NOT_READY'
  | 'QUERY_TOO_DEEP'
  | 'QUERY_TOO_COMPLEX'
  | 'QUERY_TOO_LONG'

export const refusal = (code: GatewayErrorCode, message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code } })
