/**
 * @module A node as public providers offer it: a proxy before a real one that refuses what they refuse, in their words,
 * and that a test can make fail, fail after taking effect, fall behind, or lie.
 */
import { createServer, type ServerResponse } from 'node:http'

export interface Asked {
  method: string
  params: unknown[]
  /** Was it refused by a limit of this node? */
  refused: boolean
}

/** How a request breaks: before it reaches the node, or after the node did it. */
export type Fault =
  | { at: 'before' | 'after'; how: 'hang-up' | 'silence' | 'html' }
  /** It answers by itself, and the node never hears of it. */
  | { at: 'before'; how: 'lie'; result: unknown }
  | { at: 'before'; how: 'status'; status: number; headers?: Record<string, string>; body?: string }

export interface Limits {
  logBlocks: number
  logResults: number
  /** Which provider's words it uses. */
  words: keyof typeof RANGE_REFUSALS
  /** Does it know the tag `pending`? */
  pending: boolean
}

export interface LimitedNode {
  readonly url: string
  readonly asked: Asked[]
  limits: Limits
  /** Told for each request; undefined lets it through. */
  fault: (method: string, params: readonly unknown[]) => Fault | undefined
  /** The last block that it has seen; undefined is the real head. */
  frozenAt: number | undefined
  /** What each answer takes longer. */
  delayMs: number
  /** Changes a result on its way back. */
  lie: (method: string, result: unknown, params: readonly unknown[]) => unknown
  count(method: string): number
  stop(): Promise<void>
}

interface Refusal {
  status?: number
  code: number
  message: string
  data?: unknown
}

/** Seen from providers. Not all name their limit, and few agree on a number. */
const RANGE_REFUSALS = {
  infura: (width: number, limit: number): Refusal => ({
    code: -32_602,
    message: `range ${width} exceeds limit of ${limit}`,
  }),
  quicknode: (_: number, limit: number): Refusal => ({
    status: 413,
    code: -32_614,
    message: `eth_getLogs is limited to a ${limit.toLocaleString('en')} range`,
  }),
  tenderly: (width: number, limit: number): Refusal => ({
    code: -32_602,
    message: 'invalid params',
    data: { error_id: '4ed94073', payload: `range ${width} is bigger than range limit ${limit}` },
  }),
  silent: (): Refusal => ({ code: -32_000, message: 'query exceeds limits' }),
}

const NOT_OFFERED = /^eth_(newFilter|newBlockFilter|newPendingTransactionFilter|getFilter|subscribe|unsubscribe)/
const MANY = Number.MAX_SAFE_INTEGER

export async function startLimitedNode(target: string, limits: Partial<Limits> = {}): Promise<LimitedNode> {
  const node: Omit<LimitedNode, 'url' | 'stop' | 'count'> = {
    asked: [],
    limits: { logBlocks: 1_000, logResults: MANY, words: 'infura', pending: true, ...limits },
    fault: () => undefined,
    frozenAt: undefined,
    delayMs: 0,
    lie: (_, result) => result,
  }
  const server = createServer(async (request, response) => {
    const body: unknown = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString())
    if (Array.isArray(body)) return refuse(response, null, { code: -32_600, message: 'batch requests are not offered' })
    if (node.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, node.delayMs))
    // The node behind us is gone: so are we.
    await answer(body as Request, response).catch(() => response.destroy())
  })
  const answer = async ({ id, method, params = [] }: Request, response: ServerResponse): Promise<void> => {
    const entry: Asked = { method, params, refused: false }
    node.asked.push(entry)
    const fault = node.fault(method, params)
    if (fault?.how === 'lie') return send(response, 200, { jsonrpc: '2.0', id, result: fault.result })
    if (fault?.at === 'before') return breakDown(response, fault)
    const refusal = refusalOf(node.limits, method, params)
    if (refusal !== undefined) {
      entry.refused = true
      return refuse(response, id, refusal)
    }
    const asked = node.frozenAt === undefined ? params : frozen(method, params, node.frozenAt)
    const told = asked === undefined ? { result: nothingOf(method, node.frozenAt) } : await ask(target, method, asked)
    if (fault?.at === 'after') return breakDown(response, fault)
    const logs = told.result
    if (method === 'eth_getLogs' && Array.isArray(logs) && logs.length > node.limits.logResults) {
      entry.refused = true
      const message = `query returned more than ${node.limits.logResults} results`
      return refuse(response, id, { code: -32_005, message })
    }
    const result = 'result' in told ? { result: node.lie(method, told.result, params) } : {}
    send(response, 200, { jsonrpc: '2.0', id, ...told, ...result })
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return Object.assign(node, {
    url: `http://127.0.0.1:${port}`,
    count: (method: string) => node.asked.filter((entry) => entry.method === method).length,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

interface Request {
  id: number
  method: string
  params?: unknown[]
}

function refusalOf(limits: Limits, method: string, params: readonly unknown[]): Refusal | undefined {
  if (NOT_OFFERED.test(method))
    return { code: -32_601, message: `the method ${method} does not exist/is not available` }
  if (!limits.pending && params.includes('pending')) {
    return { code: -32_602, message: 'invalid argument: block tag pending is not supported' }
  }
  if (method !== 'eth_getLogs') return undefined
  const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string }
  const width = Number(toBlock) - Number(fromBlock) + 1
  return width > limits.logBlocks ? RANGE_REFUSALS[limits.words](width, limits.logBlocks) : undefined
}

/** Returns what a node at that height would be asked; undefined when it knows nothing there. */
function frozen(method: string, params: readonly unknown[], height: number): unknown[] | undefined {
  const at = `0x${height.toString(16)}`
  const replaced = params.map((value) => (value === 'latest' || value === 'pending' ? at : value))
  if (method === 'eth_blockNumber') return undefined
  if (method === 'eth_getBlockByNumber') return Number(replaced[0]) > height ? undefined : replaced
  if (method !== 'eth_getLogs') return replaced
  const filter = params[0] as { fromBlock: string; toBlock: string }
  if (Number(filter.fromBlock) > height) return undefined
  return [{ ...filter, toBlock: `0x${Math.min(height, Number(filter.toBlock)).toString(16)}` }]
}

function nothingOf(method: string, height = 0): unknown {
  if (method === 'eth_blockNumber') return `0x${height.toString(16)}`
  return method === 'eth_getLogs' ? [] : null
}

async function ask(target: string, method: string, params: unknown[]): Promise<Record<string, unknown>> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const headers = { 'content-type': 'application/json' }
  const answer = (await (await fetch(target, { method: 'POST', body, headers })).json()) as Record<string, unknown>
  const { id: _, ...rest } = answer
  return rest
}

function breakDown(response: ServerResponse, fault: Fault): void {
  if (fault.how === 'hang-up') response.destroy()
  if (fault.how === 'html') response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>')
  if (fault.how === 'status') response.writeHead(fault.status, fault.headers).end(fault.body ?? '')
}

function refuse(response: ServerResponse, id: number | null, { status = 200, ...error }: Refusal): void {
  send(response, status, { jsonrpc: '2.0', id, error })
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
