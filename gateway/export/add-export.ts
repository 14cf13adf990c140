/**
 * @module `/export/accessRecords.csv?where={…}`: a whole connection as one stream, page by page as its reader takes it, all
 * as of one block. An export that cannot go on is broken off, so that nobody takes a part for the whole.
 */
import { Readable } from 'node:stream'
import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { GatewayError, type GatewayErrorCode, refuse } from '../errors.ts'
import type { GatewayContext } from '../resolvers/context.ts'
import { CONNECTIONS, EVIDENCE, type Exported, questionFor } from './connections.ts'
import { FORMATS, type Row } from './formats.ts'
import { Places } from './places.ts'

/** Asks one page; `fields` of the answer, or its first error. */
export type AskPage = (
  query: string,
  variables: Record<string, unknown>,
  context: GatewayContext,
) => Promise<{ data?: Record<string, unknown> | null | undefined; error?: { code: string; message: string } }>

export interface ExportOptions {
  ask: AskPage
  contextOf: (request: FastifyRequest) => GatewayContext
  log: Logger
}

interface Page {
  nodes: Row[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

const PAGE = 250
/** A reader that takes nothing for so long has gone, or holds a place that others wait for. */
const STALLED_MS = 60_000

export function addExport(app: FastifyInstance, options: ExportOptions): void {
  const running = new Set<Readable>()
  const places = new Places('exports')
  app.addHook('preClose', async () => {
    for (const stream of running) stream.destroy(new Error('the gateway stops'))
  })
  app.get<{ Params: { file: string }; Querystring: Record<string, string> }>(
    '/export/:file',
    async (request, reply) => {
      const { name, format, exported } = wanted(request.params.file, request.query)
      assertEndIsSeen(request)
      const leave = places.take(normalizeIP(request.ip, 64))
      const pages = pagesOf(name, exported, { request, ...options })
      // What is wrong with the question is said as such, before anything is sent.
      const first = await pages.next().catch((error: unknown) => {
        leave()
        throw error
      })
      const stream = Readable.from(textOf(first.value, pages, { exported, format }), { objectMode: false })
      running.add(stream)
      stream.once('close', () => {
        running.delete(stream)
        leave()
      })
      stream.once('error', (error) => options.log.warn({ err: error }, 'an export was broken off'))
      reply.raw.setTimeout(STALLED_MS, () => stream.destroy(new Error('its reader stalled')))
      // Evidence is for who asked, and that he did is on record: no cache may show it to the next.
      reply.header('cache-control', 'no-store')
      reply.header('content-disposition', `attachment; filename="${request.params.file}"`).type(format.type)
      return reply.send(stream)
    },
  )
}

/** Without chunks the end of the connection is the end of the file, and what was broken off looks whole. */
function assertEndIsSeen({ raw }: FastifyRequest): void {
  if (raw.httpVersion === '1.0') refuse('BAD_REQUEST', 'Exports need HTTP/1.1: in nginx, proxy_http_version 1.1.')
}

function wanted(file: string, { evidence }: Record<string, string>) {
  const [, name = '', extension = ''] = /^(\w+)\.(csv|jsonl)$/.exec(file) ?? []
  const exported = Object.hasOwn(CONNECTIONS, name) ? CONNECTIONS[name] : undefined
  const format = FORMATS[extension]
  if (exported === undefined || format === undefined) {
    const names = Object.keys(CONNECTIONS).join(', ')
    throw new GatewayError('NOT_FOUND', `Exports are NAME.csv and NAME.jsonl, where NAME is one of: ${names}.`)
  }
  if (evidence !== 'true' || name !== 'accessRecords') return { name, format, exported }
  return { name, format, exported: { ...exported, columns: [...exported.columns, ...EVIDENCE] } }
}

interface Asking extends ExportOptions {
  request: FastifyRequest<{ Querystring: Record<string, string> }>
}

/** Yields each page's rows. A session that ends in the middle ends the export. */
async function* pagesOf(name: string, exported: Exported, { request, ask, contextOf }: Asking): AsyncGenerator<Row[]> {
  const query = questionFor(name, exported)
  const conditions = { where: jsonIn(request.query, 'where'), asOf: jsonIn(request.query, 'asOf') }
  for (let after: string | null = null; ; ) {
    const { data, error } = await ask(query, { ...conditions, first: PAGE, after }, contextOf(request))
    if (error !== undefined) throw new GatewayError(error.code as GatewayErrorCode, error.message)
    if (data === null || data === undefined) throw new Error('neither an answer nor an error')
    const { nodes, pageInfo } = data[name] as Page
    yield nodes
    if (!pageInfo.hasNextPage) return
    after = pageInfo.endCursor
  }
}

function jsonIn(query: Record<string, string>, key: string): unknown {
  try {
    return query[key] === undefined ? null : JSON.parse(query[key])
  } catch {
    refuse('BAD_REQUEST', `\`${key}\` is the same as in GraphQL, written as JSON: ${key}={"topic":"home/#"}`)
  }
}

interface Written {
  exported: Exported
  format: (typeof FORMATS)[string]
}

async function* textOf(
  first: Row[] | undefined,
  rest: AsyncGenerator<Row[]>,
  { exported: { columns }, format }: Written,
): AsyncGenerator<string> {
  yield format.head(columns)
  const text = (rows: readonly Row[]): string => rows.map((row) => format.line(row, columns)).join('')
  if (first !== undefined) yield text(first)
  for await (const rows of rest) yield text(rows)
}
