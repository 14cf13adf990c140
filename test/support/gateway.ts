/** @module A gateway over a test chain, or over any store, and shorthand for asking it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Rpc, RpcError } from '../../contracts/rpc/json-rpc.ts'
import type { AuditStore, AuditTerms } from '../../gateway/audit-store/port.ts'
import { type GatewayRecorderOptions, withoutRecorder } from '../../gateway/recorder/open-recorder.ts'
import { withoutReports } from '../../gateway/reports/report-desk.ts'
import {
  type GatewayOptions,
  type Service,
  type ServiceOptions,
  startGateway,
  startService,
} from '../../gateway/start-gateway.ts'
import type { EngineOptions } from '../../subgraph/engine/open-engine.ts'
import { silent, type TestChain } from './chain.ts'
import { startGraphNodeHistory } from './graph-node-history.ts'

export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: answers are judged by what they hold
  data?: any
  errors?: { message: string; extensions: { code: string } }[]
}

export interface TestGateway extends Service {
  ask(query: string, variables?: object): Promise<Answer>
  /** The first error's code, or undefined. */
  codeOf(query: string, variables?: object): Promise<string | undefined>
  /** The same for who carries the token. */
  as(token: string): Pick<TestGateway, 'ask' | 'codeOf'>
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

/** Tests ask as often as they like, unless they are about that. */
const MANY = { anonymous: 1e6, signedIn: 1e6, auditor: 1e6 }

/** With `recorder` it may show evidence, and makes reports; its signer is kept where its journal is, if not elsewhere. */
export async function startTestGateway(
  it: TestChain,
  recorder?: GatewayRecorderOptions,
  owners?: GatewayOptions['owners'],
  reports?: GatewayOptions['reports'],
): Promise<ChainGateway> {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-gateway-'))
  const engine = engineOptions(it, join(dir, 'history.sqlite'))
  // npm run fuzz -- gateway-history runs all that is tested here over a Graph Node.
  const isGraphNode = process.env.FLYTRAP_TEST_HISTORY === 'graph-node'
  const graphNode = isGraphNode ? await startGraphNodeHistory(it) : undefined
  const gateway = asking(
    await startGateway({
      graphUrl: graphNode?.url,
      host: '127.0.0.1',
      port: 0,
      engine,
      owners,
      reach: { requestsPerMinute: MANY },
      log: silent,
      ...(recorder === undefined ? {} : { recorder, reports: reports ?? reportsBeside(recorder) }),
    }),
  )
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
      await graphNode?.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const reportsBeside = ({ journalPath }: GatewayRecorderOptions) => ({
  signerDir: join(dirname(journalPath), 'report'),
  confirmations: 1,
})

const BLOCK = { number: 7, hash: `0x${'77'.repeat(32)}`, time: 1_700_000_000 } as const

/** What a topic asks that was never told anything else. */
export const NO_TERMS: AuditTerms = {
  setAt: 0n,
  sellsPublish: false,
  sellsSubscribe: false,
  publishPrice: 0n,
  subscribePrice: 0n,
  period: 0,
  countryRule: 'ANYWHERE',
  countries: 0n,
  sealed: false,
}

/** A history without topics, grants and records, up to block 7; `more` says what a test is about. */
export const emptyStore = (more: Partial<AuditStore> = {}): AuditStore => ({
  status: async () => ({ head: BLOCK, chainHeight: BLOCK.number, trouble: undefined }),
  records: async () => [],
  topics: async () => [],
  topic: async () => undefined,
  wallet: async () => undefined,
  payments: async () => [],
  grant: async () => undefined,
  grants: async () => [],
  deviceKeys: async () => [],
  auditors: async () => [],
  report: async () => undefined,
  recorders: async () => [],
  recorder: async () => undefined,
  batches: async () => [],
  batchesOf: async () => [],
  recordsOf: async () => [],
  reports: async () => [],
  blockAtOrBefore: async (time) => (time >= BLOCK.time ? BLOCK : undefined),
  blockUpTo: async (number) => (number >= BLOCK.number ? BLOCK : undefined),
  blockTime: async () => BLOCK.time,
  ...more,
})

/** A node that is away. */
const noChain: Rpc = {
  name: 'nowhere',
  request: () => Promise.reject(new RpcError('RPC_UNREACHABLE', 'secret')),
}

export async function startServiceOver(
  store: AuditStore,
  more: Partial<Omit<ServiceOptions, 'context'>> = {},
): Promise<TestGateway> {
  const context = {
    store,
    recorder: withoutRecorder(),
    reports: withoutReports(),
    rpc: noChain,
    chainId: 31_337n,
    contract: `0x${'11'.repeat(20)}`,
  } as const
  return asking(
    await startService({ host: '127.0.0.1', port: 0, context, log: silent, requestsPerMinute: MANY, ...more }),
  )
}

const asking = (gateway: Service): TestGateway => ({
  ...gateway,
  ...questions(gateway.url, {}),
  as: (token) => questions(gateway.url, { authorization: `Bearer ${token}` }),
})

function questions(url: string, more: Record<string, string>): Pick<TestGateway, 'ask' | 'codeOf'> {
  const ask: TestGateway['ask'] = async (query, variables = {}) => {
    const body = JSON.stringify({ query, variables })
    const headers = { 'content-type': 'application/json', ...more }
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
    return (await response.json()) as Answer
  }
  const codeOf: TestGateway['codeOf'] = async (...args) => (await ask(...args)).errors?.[0]?.extensions.code
  return { ask, codeOf }
}
