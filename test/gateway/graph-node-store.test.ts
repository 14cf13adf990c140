import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createRpc, RpcError } from '../../contracts/rpc/json-rpc.ts'
import { entityStore } from '../../gateway/audit-store/entity-store.ts'
import { graphNodeSource } from '../../gateway/audit-store/graph-node/graph-node-source.ts'
import type { AuditStore } from '../../gateway/audit-store/port.ts'
import { readSchema } from '../../subgraph/engine/schema.ts'
import { silent } from '../support/chain.ts'
import { findGraphNode } from '../support/graph-node.ts'
import { startGraphNodeHistory } from '../support/graph-node-history.ts'
import { findPostgres } from '../support/postgres.ts'
import { auditStoreSuite } from './audit-store.suite.ts'

const SCHEMA = readSchema(readFileSync(new URL('../../subgraph/schema.graphql', import.meta.url), 'utf8'))
const rpc = createRpc('http://127.0.0.1:1')
const storeAt = (url: string): AuditStore =>
  entityStore(graphNodeSource({ url, schema: SCHEMA, rpc, deployBlock: 0, log: silent }))

if (findGraphNode() !== undefined && findPostgres() !== undefined) {
  auditStoreSuite('Graph Node', async ({ it }) => {
    const graphNode = await startGraphNodeHistory(it)
    const { deployBlock } = it.contract
    const source = graphNodeSource({ url: graphNode.url, schema: SCHEMA, rpc: it.chain.rpc, deployBlock, log: silent })
    return { store: entityStore(source), close: () => graphNode.stop() }
  })
}

describe('a Graph Node that fails', () => {
  const servers: { close(): void }[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })
  async function answering(listener: RequestListener): Promise<AuditStore> {
    const server = createServer(listener)
    servers.push(server)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    return storeAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  }
  const saying = (message: string) =>
    answering((_request, response) => response.end(JSON.stringify({ errors: [{ message }] })))
  const page = { first: 1, block: 5 }

  test('is unreachable when it is down, answers no JSON, or something that is no answer', async () => {
    const down = await storeAt('http://127.0.0.1:1/')
      .records({}, page)
      .catch((error: unknown) => error)
    expect(down).toMatchObject({ code: 'HISTORY_UNREACHABLE', message: expect.stringContaining('Ask again soon') })
    for (const text of ['<html>502</html>', '[]', '{}', 'null', '{"data":null}']) {
      const store = await answering((_request, response) => response.end(text))
      await expect(store.records({}, page)).rejects.toMatchObject({ code: 'HISTORY_UNREACHABLE' })
      await expect(store.status()).rejects.toMatchObject({ code: 'HISTORY_UNREACHABLE' })
    }
  })

  test('is behind when it has not indexed the block, and has failed when a mapping did', async () => {
    const behind = await saying(
      'Failed to decode `block.number` value: `subgraph Qm has only indexed up to block number 3 and data for block number 5 is therefore not yet available`',
    )
    await expect(behind.records({}, page)).rejects.toMatchObject({ code: 'HISTORY_BEHIND' })
    await expect((await saying('indexing_error')).records({}, page)).rejects.toMatchObject({ code: 'HISTORY_FAILED' })
  })

  test('tells nothing of its own words to those who ask', async () => {
    const store = await saying('password authentication failed for user "postgres"')
    const error = await store.records({}, page).catch((refused: Error) => refused)
    expect(String(error)).not.toContain('postgres')
  })

  test('is asked again while it takes back what the chain replaced', async () => {
    let asked = 0
    const store = await answering((_request, response) => {
      const isBusy = ++asked < 3
      const errors = [{ message: 'the chain was reorganized while executing the query' }]
      response.end(JSON.stringify(isBusy ? { errors } : { data: { rows: [] } }))
    })
    expect(await store.records({}, page)).toEqual([])
    expect(asked).toBe(3)
  })

  test('is not followed elsewhere', async () => {
    const store = await answering((_request, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    )
    await expect(store.records({}, page)).rejects.toMatchObject({ code: 'HISTORY_UNREACHABLE' })
  })

  test('leaves a question about blocks to the chain, whose silence has a code of its own', async () => {
    const meta = {
      block: { number: 9, hash: `0x${'99'.repeat(32)}`, timestamp: 1_700_000_000 },
      hasIndexingErrors: false,
    }
    const store = await answering((_request, response) => response.end(JSON.stringify({ data: { _meta: meta } })))
    await expect(store.blockUpTo(5)).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' })
    await expect(store.blockAtOrBefore(5)).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' })
    await expect(store.blockTime(5)).rejects.toBeInstanceOf(RpcError)
    const status = await store.status()
    expect(status).toMatchObject({ head: { number: 9, time: 1_700_000_000 }, chainHeight: undefined })
    expect(status.trouble).toContain('FLYTRAP_RPC_URL')
  })
})
