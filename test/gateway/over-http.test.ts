import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { emptyStore, startServiceOver, type TestGateway } from '../support/gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startServiceOver(emptyStore())
})
afterAll(() => gateway?.stop())

/** Optional: by GET nothing is answered that any other page could have asked for. */
const NOTICES = [
  'MAY accept application/x-www-form-urlencoded formatted GET requests',
  'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json',
  'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json',
]

describe('GraphQL over HTTP', () => {
  test('passes every audit that is no notice', async () => {
    const audits = serverAudits({ url: `${gateway.url}/graphql` })
    expect(audits.length).toBeGreaterThan(50)
    const results = await Promise.all(audits.map((audit) => audit.fn()))
    const failed = results.filter(({ status }) => status === 'error' || status === 'warn')
    const noticed = results.filter(({ status }) => status === 'notice')
    expect(failed.map((result) => `${result.name}: ${'reason' in result ? result.reason : ''}`)).toEqual([])
    expect(noticed.map(({ name }) => name).sort()).toEqual(NOTICES)
  })

  test.each([
    ['an answer', '{ __typename }'],
    ['a refusal', '{ nothing }'],
    ['what cannot be read', '{'],
  ])('is for no cache: %s', async (_what, query) => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
    expect(response.headers.get('cache-control')).toBe('no-store')
  })
})
