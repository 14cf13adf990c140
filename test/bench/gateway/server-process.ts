/** @module One server in a process of its own, so that its processor time is its own: the gateway, or the bare floor. */
import { ApolloServer } from '@apollo/server'
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify'
import { fastify } from 'fastify'
import { engineSource } from '../../../gateway/audit-store/engine-source.ts'
import { entityStore } from '../../../gateway/audit-store/entity-store.ts'
import { startServiceOver } from '../../support/gateway.ts'
import { openHistoryFile } from './history.ts'

const [kind = 'floor', path = ''] = process.argv.slice(2)
const url =
  kind === 'floor' ? await startFloor() : (await startServiceOver(entityStore(engineSource(openHistoryFile(path))))).url

process.on('message', () => process.send?.({ cpu: process.cpuUsage() }))
process.send?.({ url })

/** Apollo on fastify as they come, over 20 rows in memory: the same query, the same shape of answer. */
async function startFloor(): Promise<string> {
  const rows = Array.from({ length: 20 }, (_, i) => ({
    id: `0x0000000100000000000000${i}`,
    who: { address: `0x${'ab'.repeat(20)}` },
    what: { filter: 'bench/7' },
    action: 'PUBLISH',
    outcome: 'ALLOWED',
    denialReason: null,
    when: { first: '2026-01-01T00:00:00Z', last: '2026-01-01T00:00:05Z', count: 3 },
    why: { id: '17', lawfulBasis: 'CONTRACT' },
    proof: { sequence: `${i}`, transaction: `0x${'cd'.repeat(32)}` },
  }))
  const app = fastify()
  const apollo = new ApolloServer({
    typeDefs: `type Query { accessRecords(where: W, first: Int, asOf: A): C! } input W { account: String } input A { block: String }
      type C { nodes: [R!]! pageInfo: P! } type P { hasNextPage: Boolean! endCursor: String }
      type R { id: ID! who: Who what: What action: String! outcome: String! denialReason: String when: When! why: Why proof: Proof! }
      type Who { address: String! } type What { filter: String! } type When { first: String! last: String! count: Int! }
      type Why { id: String! lawfulBasis: String! } type Proof { sequence: String! transaction: String! }`,
    resolvers: { Query: { accessRecords: () => ({ nodes: rows, pageInfo: { hasNextPage: true, endCursor: 'x' } }) } },
    plugins: [fastifyApolloDrainPlugin(app)],
  })
  await apollo.start()
  await app.register(fastifyApollo(apollo), { path: '/graphql' })
  return app.listen({ host: '127.0.0.1', port: 0 })
}
