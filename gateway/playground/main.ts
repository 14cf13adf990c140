/** @module The playground: GraphiQL from our own files, with questions that an auditor asks first. */
import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import './playground.css'
import { GraphiQL } from 'graphiql'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { QUESTIONS } from './questions.ts'

async function fetcher(request: object): Promise<object> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(request) })
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
  }
  const logo = createElement(GraphiQL.Logo, null, 'FlyTrap playground')
  createRoot(root).render(createElement(GraphiQL, options, logo))
}
