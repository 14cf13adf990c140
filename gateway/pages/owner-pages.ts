/**
 * @module The owners' pages as the server gives them: their frame, what they are for, and where the contract is. All else
 * happens in the browser, between the owner's wallet and the contract.
 */
import type { FastifyInstance } from 'fastify'
import type { PageFiles } from './files.ts'
import { html } from './html.ts'
import { renderPage } from './layout.ts'
import type { OwnerPlace } from './owner-place.ts'
import { Notice } from './parts.ts'
import { PAGE_POLICY } from './policy.ts'

const PAGES = [
  {
    script: 'topics',
    title: 'My topics',
    lead: 'Register topics, and choose one to say who may use it, from where, and for what price.',
  },
  {
    script: 'topic',
    title: 'One of my topics',
    lead: 'Give and end rights, set prices and countries. Each step is shown with its cost before you sign it.',
  },
  {
    script: 'income',
    title: 'My income',
    lead: 'What was paid for your topics. It waits in the contract until you withdraw it.',
  },
  {
    script: 'devices',
    title: 'My devices',
    lead: 'Make user names and passwords for devices here in your browser, and say which keys sign in for you.',
  },
  {
    script: 'sign-in',
    path: '/sign-in',
    title: 'Sign in',
    lead: 'What says more than a pseudonym is evidence. It is shown to auditors, to topics’ owners, and to those whom it is about.',
  },
] as const

export function addOwnerPages(app: FastifyInstance, files: PageFiles, place: OwnerPlace): void {
  app.get('/owner', (_request, reply) => reply.redirect('/owner/topics'))
  for (const { script, title, lead, ...more } of PAGES) {
    const path = 'path' in more ? more.path : `/owner/${script}`
    const isBundled = files.scriptOf(script) !== undefined
    const text = renderPage({ title, lead, path, script, body: isBundled ? appFor(place) : NOT_BUILT }, files)
    app.get(path, { helmet: PAGE_POLICY }, (_request, reply) =>
      reply
        .code(isBundled ? 200 : 503)
        .type('text/html')
        .send(text),
    )
  }
}

const NOT_BUILT = html`<${Notice} kind="error">This page’s script was not built. The operator builds it with: npm run build<//>`

const appFor = ({ chainId, contract, deployBlock, publicRpcUrl, devices = {} }: OwnerPlace) =>
  html`<div id="app" data-chain-id=${String(chainId)} data-contract=${contract} data-deploy-block=${deployBlock}
    data-rpc-url=${publicRpcUrl} data-devices=${JSON.stringify(devices)}>
    <noscript><${Notice} kind="warn">This page needs JavaScript: it speaks with your wallet. What others may know of topics can be read <a href="/topics">without</a>.<//></noscript></div>`
