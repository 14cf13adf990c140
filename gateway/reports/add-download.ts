/** @module `/reports/ID.pdf`: a finished report, for who asked for it and may still see what it carries. */
import { Buffer } from 'node:buffer'
import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { asked } from '../asked.ts'
import { GatewayError, refuse } from '../errors.ts'
import { Places } from '../export/places.ts'
import type { GatewayContext } from '../resolvers/context.ts'
import { signedIn } from '../resolvers/signed-in.ts'

/** A reader that takes nothing for so long holds a place that others wait for. */
const STALLED_MS = 60_000

export function addDownload(app: FastifyInstance, contextOf: (request: FastifyRequest) => GatewayContext): void {
  const places = new Places('downloads')
  app.get<{ Params: { file: string } }>(
    '/reports/:file',
    { exposeHeadRoute: false }, // a look at the head alone would be recorded as a look at the evidence
    async (request, reply) => {
      const [, id] = /^([0-9a-f]{32})\.pdf$/.exec(request.params.file) ?? []
      if (id === undefined) refuse('NOT_FOUND', 'A report is at /reports/ID.pdf: `report` tells where.')
      // Evidence is for who asked, and that he did is on record: no cache may show it to the next.
      reply.header('cache-control', 'no-store')
      try {
        const context = contextOf(request)
        const account = signedIn(context)
        takePlace(places, request, reply)
        const file = await asked(() => context.reports.open(account, id))
        reply.header('content-disposition', `attachment; filename="flytrap-report-${id.slice(0, 8)}.pdf"`)
        return reply.type('application/pdf').send(Buffer.from(file.buffer, file.byteOffset, file.byteLength))
      } catch (error) {
        if (!(error instanceof GatewayError) || !isPerson(request)) throw error
        return reply.redirect(`/report?id=${id}&refused=${error.code}`, 303)
      }
    },
  )
}

/** Given back once the file was sent, or its reader has gone. Throws EXPORTS_BUSY. */
function takePlace(places: Places, request: FastifyRequest, reply: FastifyReply): void {
  const leave = places.take(normalizeIP(request.ip, 64))
  reply.raw.once('close', leave)
  reply.raw.setTimeout(STALLED_MS, () => reply.raw.destroy())
}

/** Who came from a page is told on a page. */
const isPerson = ({ headers }: FastifyRequest): boolean => headers.accept?.includes('text/html') ?? false
