/** @module A gateway over a test chain, or over any store, and shorthand for asking it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditStore } from '../../gateway/audit-store/port.ts'
import { type Gateway, startGateway, startService } from '../../gateway/start-gateway.ts'
import type { EngineOptions } from '../../subgraph/engine/open-engine.ts'
import { silent, type TestChain } from './chain.ts'

export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: answers are judged by what they hold
  data?: any
  errors?: { message: string; extensions: { code: string } }[]
}

export interface TestGateway extends Gateway {
  ask(query: string, variables?: object): Promise<Answer>
  /** The first error's code, or undefined. */
  codeOf(query: string, variables?: object): Promise<string | undefined>
}

export interface ChainGateway extends TestGateway {
  /** Resolves once the history holds the chain's present head. */
  indexed(): Promise<void>
}

export const engineOptions = (it: TestChain, dbPath: string): EngineOptions => ({
  buildDir: new URL('../../subgraph/build', import.meta.url).pathname,
  dbPath,
  rpcUrl: it.chain.url,
  chainId: it.chain.chainId,
  contract: it.contract.address,
  deployBlock: it.contract.deployBlock,
  pollMs: 50,
  log: silent,
})

export async function startTestGateway(it: TestChain): Promise<ChainGateway> {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-gateway-'))
  const engine = engineOptions(it, join(dir, 'history.sqlite'))
  const gateway = asking(await startGateway({ host: '127.0.0.1', port: 0, engine, log: silent }))
  return {
    ...gateway,
    async indexed() {
      for (;;) {
        const { hash } = await it.chain.rpc.request<{ hash: string }>('eth_getBlockByNumber', ['latest', false])
        if ((await gateway.ask('{ status { indexed { hash } } }')).data.status.indexed?.hash === hash) return
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    async stop() {
      await gateway.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const BLOCK = { number: 7, hash: `0x${'77'.repeat(32)}`, time: 1_700_000_000 } as const

/** A history without topics, grants and records, up to block 7; `more` says what a test is about. */
export const emptyStore = (more: Partial<AuditStore> = {}): AuditStore => ({
  status: async () => ({ head: BLOCK, chainHeight: BLOCK.number, trouble: undefined }),
  records: async () => [],
  topics: async () => [],
  topic: async () => undefined,
  grant: async () => undefined,
  grants: async () => [],
  recorders: async () => [],
  recorder: async () => undefined,
  batches: async () => [],
  blockAtOrBefore: async (time) => (time >= BLOCK.time ? BLOCK : undefined),
  blockUpTo: async (number) => (number >= BLOCK.number ? BLOCK : undefined),
  blockTime: async () => BLOCK.time,
  ...more,
})

export async function startServiceOver(store: AuditStore, playground?: string, port = 0): Promise<TestGateway> {
  const context = { store, chainId: 31_337n, contract: `0x${'11'.repeat(20)}` } as const
  const options = { host: '127.0.0.1', port, context, log: silent }
  return asking(await startService(playground === undefined ? options : { ...options, playground }))
}

function asking(gateway: Gateway): TestGateway {
  const ask: TestGateway['ask'] = async (query, variables = {}) => {
    const body = JSON.stringify({ query, variables })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body })
    return (await response.json()) as Answer
  }
  const codeOf: TestGateway['codeOf'] = async (...args) => (await ask(...args)).errors?.[0]?.extensions.code
  return { ...gateway, ask, codeOf }
}
