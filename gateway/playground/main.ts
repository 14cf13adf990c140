/** @module The playground: GraphiQL from our own files, with questions that an auditor asks first. */
import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import './playground.css'
import { GraphiQL } from 'graphiql'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { questionsAbout, SUBJECT_QUERY, subjectOf } from './questions.ts'

interface Request {
  query: string
  operationName?: string | null
  variables?: unknown
}

/** The session's cookie goes along: who signed in on our pages asks as who he is. */
async function fetcher({ operationName, ...request }: Request): Promise<object> {
  const headers = { 'content-type': 'application/json' }
  // Just after a change of tabs GraphiQL still names the other tab's operation.
  const isHere = operationName != null && new RegExp(`\\b${operationName}\\b`).test(request.query)
  const body = JSON.stringify(isHere ? { ...request, operationName } : request)
  const response = await fetch('/graphql', { method: 'POST', headers, body })
  return response.json()
}

/** The questions stand with their usual example where the history cannot be asked. */
async function readyQuestions(): Promise<string[]> {
  const answer = await fetcher({ query: SUBJECT_QUERY }).catch(() => ({}))
  return questionsAbout(subjectOf((answer as { data?: Parameters<typeof subjectOf>[0] }).data ?? undefined, new Date()))
}

const root = document.getElementById('playground')
if (root !== null) {
  const questions = await readyQuestions()
  const options = {
    fetcher,
    defaultTabs: questions.map((query) => ({ query })),
    defaultEditorToolsVisibility: false,
    isHeadersEditorEnabled: false, // who is signed in is known by cookie
    shouldPersistHeaders: false,
    schemaDescription: true,
  }
  const logo = createElement(GraphiQL.Logo, null, 'FlyTrap playground')
  createRoot(root).render(createElement(GraphiQL, options, logo))
}
