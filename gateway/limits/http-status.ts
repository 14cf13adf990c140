/** @module GraphQL over HTTP: a client of the older `application/json` reads what is wrong in a well-formed answer of 200. */
import type { ApolloServerPlugin } from '@apollo/server'
import type { GatewayContext } from '../resolvers/context.ts'

const WELL_FORMED = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT']

export const httpStatus: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ request, response: { http, body } }) {
        if (http.status !== 400 || body.kind !== 'single') return
        const accepts = request.http?.headers.get('accept') ?? ''
        if (accepts.includes('application/graphql-response+json')) return
        const codes = body.singleResult.errors?.map(({ extensions }) => extensions?.code) ?? []
        if (codes.every((code) => WELL_FORMED.includes(code as string))) http.status = 200
      },
    }
  },
}
