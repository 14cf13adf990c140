/**
 * @module How pages ask: by GraphQL, in this process, through the same resolvers and limits as everybody. There is no
 * second way to the data.
 */
import type { ApolloServer } from '@apollo/server'
import type { GatewayContext } from '../resolvers/context.ts'

export type Variables = Record<string, unknown>
/** Rejects PageError with the API's code and its sentence. */
export type Ask = <T>(query: string, variables?: Variables) => Promise<T>

export class PageError extends Error {
  override readonly name = 'PageError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }

  /** Of the HTTP answer. */
  get status(): number {
    if (this.code === 'NOT_FOUND') return 404
    if (this.code === 'SIGN_IN_NEEDED') return 401
    if (this.code === 'REPORT_UNDER_WAY') return 409
    if (/^(HISTORY|CHAIN|EVIDENCE|RECORDS|REPORTS)_|^QUERY_TOO_SLOW$/.test(this.code)) return 503
    return this.code === 'INTERNAL_SERVER_ERROR' ? 500 : 400
  }
}

export function createAsk(apollo: ApolloServer<GatewayContext>, contextValue: GatewayContext): Ask {
  return async <T>(query: string, variables: Variables = {}): Promise<T> => {
    const { body } = await apollo.executeOperation({ query, variables }, { contextValue })
    if (body.kind !== 'single') throw new PageError('INTERNAL_SERVER_ERROR', 'The answer came in parts.')
    const [error] = body.singleResult.errors ?? []
    if (error !== undefined) throw new PageError(String(error.extensions?.code), error.message)
    return body.singleResult.data as T
  }
}
