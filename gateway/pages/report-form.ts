/** @module What the form for a report sends: the request, and where the browser goes then. It needs no script. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { assertOwnPage } from '../sign-in/own-page.ts'
import { type Ask, PageError } from './ask.ts'
import { givenIn } from './given-in.ts'
import { PAGE_POLICY } from './policy.ts'
import { linkTo } from './views/as-of.ts'
import { periodOf } from './views/topic.ts'
import type { Given } from './views/view.ts'

const MUTATION = 'mutation Ask($input: ReportInput!) { requestReport(input: $input) { id } }'
const MAX_FORM_BYTES = 10_000

export interface ReportFormOptions {
  askAs(request: FastifyRequest): Promise<Ask>
  origins: () => readonly string[]
  /** Answers with the reports page, telling why. */
  refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    about: { given: Given; refusal: PageError },
  ): Promise<FastifyReply>
}

export function addReportForm(app: FastifyInstance, { askAs, origins, refuse }: ReportFormOptions): void {
  // In a room of its own: nowhere else is a form's encoding taken, which other sites can send.
  app.register(async (room) => {
    const parser = { parseAs: 'string', bodyLimit: MAX_FORM_BYTES } as const
    room.addContentTypeParser(
      'application/x-www-form-urlencoded',
      parser,
      async (_request: FastifyRequest, body: string) => Object.fromEntries(new URLSearchParams(body)),
    )
    room.post('/reports', { helmet: PAGE_POLICY }, async (request, reply) => {
      assertOwnPage(request, origins())
      const given = givenIn(request.body)
      try {
        const input = { topicAccess: { topic: given.topic ?? '', ...periodOf(given) } }
        const ask = await askAs(request)
        const { requestReport } = await ask<{ requestReport: { id: string } }>(MUTATION, { input })
        return reply.redirect(linkTo('/report', { id: requestReport.id }), 303)
      } catch (error) {
        if (!(error instanceof PageError)) throw error
        return refuse(request, reply, { given, refusal: error })
      }
    })
  })
}
