/** @module The pages that only read: each asks the API, and is whole without a script. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { type Ask, PageError } from './ask.ts'
import type { PageFiles } from './files.ts'
import { givenIn } from './given-in.ts'
import { html } from './html.ts'
import { renderPage } from './layout.ts'
import { Notice } from './parts.ts'
import { PAGE_POLICY } from './policy.ts'
import { addReportForm } from './report-form.ts'
import { overviewPage } from './views/overview.ts'
import { recordPage } from './views/record.ts'
import { reportPage } from './views/report.ts'
import { reportsPage, reportsPageWith } from './views/reports.ts'
import { topicPage } from './views/topic.ts'
import { topicsPage } from './views/topics.ts'
import type { View } from './views/view.ts'
import { walletPage } from './views/wallet.ts'

const VIEWS: Readonly<Record<string, View>> = {
  '/': overviewPage,
  '/topics': topicsPage,
  '/topic': topicPage,
  '/wallet': walletPage,
  '/record': recordPage,
  '/reports': reportsPage,
  '/report': reportPage,
}

interface ReadPagesOptions {
  files: PageFiles
  /** As the one who sent the request. */
  askAs(request: FastifyRequest): Promise<Ask>
  origins: () => readonly string[]
  log: Logger
}

export function addReadPages(app: FastifyInstance, { files, askAs, origins, log }: ReadPagesOptions): void {
  const show = async (reply: FastifyReply, path: string, make: () => Promise<Shown>): Promise<FastifyReply> => {
    // What is shown may be for one reader, and is of this moment.
    reply.type('text/html').header('cache-control', 'no-store')
    try {
      return reply.send(renderPage({ ...(await make()), path, script: 'read' }, files))
    } catch (error) {
      const { code, message, status } = asPageError(error, log)
      reply.code(status)
      const body = html`<${Notice} kind="error">${message}<//><p class="help">Code: <code>${code}</code>. <a href="/">Back to the overview</a></p>`
      return reply.send(renderPage({ title: 'That cannot be shown', body, path, script: 'read' }, files))
    }
  }
  for (const [path, view] of Object.entries(VIEWS)) {
    app.get(path, { helmet: PAGE_POLICY }, async (request, reply) =>
      show(reply, path, async () => view(await askAs(request), givenIn(request.query))),
    )
  }
  addReportForm(app, {
    askAs,
    origins,
    refuse: async (request, reply, { given, refusal }) => {
      reply.code(refusal.status)
      return show(reply, '/reports', async () => reportsPageWith(await askAs(request), given, refusal))
    },
  })
}

type Shown = Awaited<ReturnType<View>>

function asPageError(error: unknown, log: Logger): PageError {
  if (error instanceof PageError) return error
  log.error({ err: error }, 'page failed')
  return new PageError(
    'INTERNAL_SERVER_ERROR',
    'Something failed here. Load the page again; the operator finds it in the log.',
  )
}
