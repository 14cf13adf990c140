/** @module A real Chromium, what a page asked for elsewhere or complained of, and what axe finds in it. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, chromium, type Page } from 'playwright-core'
import { hasFile } from './tools.ts'

const CHROMIUM = '/usr/bin/chromium'

export const hasChromium = (): boolean => hasFile(CHROMIUM, 'chromium')

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })

/** What pages asked of other servers, and what was blocked or failed in them: both are to stay empty. */
export interface Watched {
  outside: string[]
  complaints: string[]
}

export function watchPage(page: Page, origin: string): Watched {
  const watched: Watched = { outside: [], complaints: [] }
  page.on('request', (request) => {
    const isOurs = request.url().startsWith(`${origin}/`) || /^(data|blob):/.test(request.url())
    if (!isOurs) watched.outside.push(request.url())
  })
  page.on('console', (message) => message.type() === 'error' && watched.complaints.push(message.text()))
  page.on('pageerror', (error) => watched.complaints.push(error.message))
  return watched
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The list of countries holds 250 rows alike: the first tell of all. */
const WITHOUT_REPEATS = '{ exclude: [[".countries > div:nth-of-type(n + 4)"]] }'

interface Finding {
  id: string
  impact: string | null
  nodes: { html: string }[]
}

/** Returns what axe calls serious or critical on the page as it stands, in light and in dark. */
export async function seriousFindings(page: Page): Promise<string[]> {
  const found: string[] = []
  await page.evaluate(AXE) // by the debugger, which the page's policy does not bind
  for (const [colorScheme, options] of [
    ['light', '{ resultTypes: ["violations"] }'],
    ['dark', '{ runOnly: ["color-contrast"], resultTypes: ["violations"] }'], // the rest is the same in the dark
  ] as const) {
    await page.emulateMedia({ colorScheme })
    const { violations } = (await page.evaluate(`axe.run(${WITHOUT_REPEATS}, ${options})`)) as { violations: Finding[] }
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    found.push(...serious.map(({ id, nodes }) => `${colorScheme}: ${id}: ${nodes[0]?.html}`))
  }
  return found
}
