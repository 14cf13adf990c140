/** @module The frame of every page. No script stands in it, and nothing of it comes from elsewhere. */
import { renderToString } from 'preact-render-to-string'
import type { PageFiles } from './files.ts'
import { type Content, type Html, html } from './html.ts'

export interface PageText {
  title: string
  /** Under the heading: what this page is for. */
  lead?: Content
  body: Content
  /** Of the page, for the menu. */
  path: string
  /** The entry of its script. */
  script: string
}

const MENU: readonly (readonly [path: string, label: string])[] = [
  ['/', 'Overview'],
  ['/topics', 'Topics'],
  ['/reports', 'Reports'],
  ['/playground/', 'Playground'],
  ['/sign-in', 'Sign in'],
]
const OWNERS_MENU: readonly (readonly [path: string, label: string])[] = [
  ['/owner/topics', 'My topics'],
  ['/owner/income', 'My income'],
  ['/owner/devices', 'My devices'],
]

export function renderPage({ title, lead, body, path, script }: PageText, files: PageFiles): string {
  const { style, scriptOf } = files
  const source = scriptOf(script)
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>${title} · FlyTrap</title>
      <link rel="icon" href="data:," />
      <link rel="stylesheet" href=${style} />
      ${source !== undefined && html`<script type="module" src=${source} />`}
    </head>
    <body>
      <a class="skip" href="#main">Skip to the content</a>
      <header>
        <a class="brand" href="/">FlyTrap</a>
        <nav aria-label="For everybody">${links(MENU, path)}</nav>
        <nav aria-label="For owners, with a wallet">${links(OWNERS_MENU, path)}</nav>
      </header>
      <main id="main">
        <h1>${title}</h1>
        ${lead !== undefined && html`<p class="lead">${lead}</p>`}
        ${body}
      </main>
    </body>
  </html>`
  return `<!doctype html>${renderToString(page)}`
}

const links = (menu: readonly (readonly [string, string])[], path: string): Html[] =>
  menu.map(
    ([href, label]) =>
      html`<a key=${href} href=${href} aria-current=${href === path ? 'page' : undefined}>${label}</a>`,
  )
