/** @module The playground: GraphiQL from our own files, with questions that an auditor asks first. */
import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import './playground.css'
import { GraphiQL } from 'graphiql'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { QUESTIONS } from './questions.ts'

interface Request {
  query: string
  operationName?: string | null
  variables?: unknown
}

async function fetcher({ operationName, ...request }: Request): Promise<object> {
  const headers = { 'content-type': 'application/json' }
  // Just after a change of tabs GraphiQL still names the other tab's operation.
  const isHere = operationName != null && new RegExp(`\\b${operationName}\\b`).test(request.query)
  const body = JSON.stringify(isHere ? { ...request, operationName } : request)
  const response = await fetch('/graphql', { method: 'POST', headers, body })
  return response.json()
}

const root = document.getElementById('playground')
if (root !== null) {
  const options = {
    fetcher,
    defaultTabs: QUESTIONS.map((query) => ({ query })),
    defaultEditorToolsVisibility: false,
    isHeadersEditorEnabled: false, // nothing here is asked for by header yet
    shouldPersistHeaders: false,
    schemaDescription: true,
  }
  const logo = createElement(GraphiQL.Logo, null, 'FlyTrap playground')
  createRoot(root).render(createElement(GraphiQL, options, logo))
}
