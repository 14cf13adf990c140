/** @module What the pages about reports promise, over a stage that made some. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import '../../gateway/pages/build.ts'
import { progressOf, type ReportRow } from '../../gateway/pages/views/report-row.ts'
import { hasChromium, launchBrowser, seriousFindings, type Watched, watchPage } from '../support/browser.ts'
import { FOREVER } from '../support/chain.ts'
import { TOPIC } from '../support/kitchen-story.ts'
import type { ReportsStage, Who } from '../support/reports-stage.ts'
import { signIn } from '../support/sign-in.ts'

const hasBrowser = hasChromium()
const shots = process.env.FLYTRAP_SCREENSHOTS

let stage: ReportsStage
let url: string
const cookies = new Map<Who, string>()

/** `made` tells how many reports the owner has that are done, and the id of one that was not made. */
export function describeReportsPages(staged: () => ReportsStage, made: () => { done: number; failed: string }): void {
  beforeAll(async () => {
    stage = staged()
    url = stage.gateway().url
    for (const who of ['owner', 'auditor'] as const) {
      const { cookie } = await signIn(url, stage.accounts[who])
      cookies.set(who, /flytrap_session=([^;]+)/.exec(cookie ?? '')?.[1] ?? '')
    }
  })
  describe('how far a report is', describeProgress)
  describe('the form for a report', describeForm)
  describe.skipIf(!hasBrowser)('the reports pages in a browser', () => describeInBrowser(made))
}

const send = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${url}/reports`, { method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual' })
const asOwner = () => ({ cookie: `flytrap_session=${cookies.get('owner')}`, origin: url })

function describeProgress(): void {
  const row = { status: 'RUNNING', ahead: null, progress: null } as ReportRow

  test('is told as a step of all, and how much of it', () => {
    expect(progressOf({ ...row, status: 'QUEUED', ahead: 0 })).toEqual({
      text: 'It waits its turn. It is next.',
      done: 0,
      of: 5,
    })
    expect(progressOf({ ...row, status: 'QUEUED', ahead: 3 }).text).toBe('It waits its turn. 3 before it.')
    expect(progressOf(row)).toEqual({ text: 'It has just begun.', done: 0, of: 5 })
    const progress = { stage: 'EVIDENCE', done: 12, total: 48 } as const
    expect(progressOf({ ...row, progress })).toEqual({
      text: 'Step 3 of 5. Reading evidence: batch 13 of 48.',
      done: 2.25,
      of: 5,
    })
    const drawing = { stage: 'PAGES', done: 0, total: 1 } as const
    expect(progressOf({ ...row, progress: drawing }).text).toBe('Step 4 of 5. Drawing pages of 1 row.')
  })
}

function describeForm(): void {
  test('is refused when another site sends it, or hides which', async () => {
    for (const origin of ['https://elsewhere.example', 'null']) {
      const response = await send({ topic: TOPIC }, { ...asOwner(), origin })
      expect([origin, response.status]).toEqual([origin, 403])
      expect(await response.text()).toContain('FOREIGN_ORIGIN')
    }
  })

  test('without a sign-in leads to it, and keeps what was filled in', async () => {
    const response = await send({ topic: TOPIC, from: '2026-01-01' }, { origin: url })
    const text = await response.text()
    expect([response.status, response.headers.get('cache-control')]).toEqual([401, 'no-store'])
    expect(text).toContain(encodeURIComponent(`/reports?topic=${encodeURIComponent(TOPIC)}&from=2026-01-01`))
  })

  test('says what is wrong beside the fields, as they were filled in', async () => {
    const response = await send({ topic: 'a#<script>', to: '2026-01-01' }, asOwner())
    const text = await response.text()
    expect(response.status).toBe(400)
    expect(text).toContain('<code>BAD_TOPIC</code>')
    expect(text).toContain('value="a#&lt;script>"')
    expect(text).not.toContain('<script>')
  })

  test('takes no more than a form holds', async () => {
    expect((await send({ topic: 'x'.repeat(20_000) }, asOwner())).status).toBe(413)
  })
}

function describeInBrowser(made: () => { done: number; failed: string }): void {
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let watched: Watched

  beforeAll(async () => {
    browser = await launchBrowser()
    context = await browser.newContext({ javaScriptEnabled: false, acceptDownloads: true })
    page = await context.newPage()
    watched = watchPage(page, url)
  })
  afterAll(() => browser?.close())

  const enter = (who: Who, where = context): Promise<void> =>
    where.addCookies([{ name: 'flytrap_session', value: cookies.get(who) ?? '', url }])

  async function shoot(name: string, of = page): Promise<void> {
    if (shots === undefined) return
    mkdirSync(shots, { recursive: true })
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 360]) {
        await of.emulateMedia({ colorScheme })
        await of.setViewportSize({ width, height: 900 })
        await of.screenshot({ path: join(shots, `${name}-${colorScheme}-${width}.png`), fullPage: true })
      }
    }
  }

  /** As a person does without JavaScript. */
  async function lookUntil(there: Locator): Promise<void> {
    while ((await there.count()) === 0) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      await page.goto(page.url())
    }
  }

  /** Axe is a script. */
  const judge = async (path: string, who: Who): Promise<string[]> => {
    const other = await browser.newContext()
    await enter(who, other)
    const judged = await other.newPage()
    await judged.goto(`${url}${path}`)
    const findings = await seriousFindings(judged)
    await other.close()
    return findings
  }

  test('show a stranger what is anchored, and where to sign in', async () => {
    await page.goto(`${url}/reports`)
    expect(await page.getByRole('link', { name: 'Sign in to ask for one' }).count()).toBe(1)
    expect(await page.locator('form[method=post]').count()).toBe(0)
    await page.goto(`${url}/report?id=${'0'.repeat(32)}`)
    expect(await page.getByRole('link', { name: 'Sign in to see it' }).count()).toBe(1)
    await shoot('reports-stranger')
  })

  test('make one without JavaScript: asked for, looked at again, fetched', async () => {
    await enter('owner')
    await page.goto(`${url}/topic?filter=${encodeURIComponent(TOPIC)}`)
    await page.getByRole('link', { name: 'Ask for this as a signed report' }).click()
    expect(await page.getByLabel('Topic name or filter').inputValue()).toBe(TOPIC)
    await page.getByRole('button', { name: 'Make the report' }).click()
    await page.waitForURL(/\/report\?id=[0-9a-f]{32}$/)
    await shoot('report-under-way')
    const fetchIt = page.getByRole('button', { name: /^Download the PDF/ })
    await lookUntil(fetchIt)
    expect(await page.getByText('No: every recorder has proven it').count()).toBe(1)
    const [file] = await Promise.all([page.waitForEvent('download'), fetchIt.click()])
    const bytes = readFileSync(await file.path())
    const hash = createHash('sha256').update(bytes).digest('hex')
    expect(await page.locator(`[title="0x${hash}"]`).count()).toBe(1)
    await lookUntil(page.getByText(/^In block \d+/))
    await shoot('report-done')
    expect(await judge(new URL(page.url()).pathname + new URL(page.url()).search, 'owner')).toEqual([])
  })

  test('list it, and fit a telephone', async () => {
    await page.goto(`${url}/reports`)
    const { done } = made()
    expect(await page.getByRole('row', { name: new RegExp(`${TOPIC}.*done`) }).count()).toBe(done + 1)
    await page.setViewportSize({ width: 360, height: 800 })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(wide).toBe(360)
    await shoot('reports')
    expect(await judge('/reports', 'owner')).toEqual([])
  })

  test('follow one by themselves where scripts run, and tell why it is not given any more', async () => {
    const scripted = await browser.newContext()
    await enter('auditor', scripted)
    const auditors = await scripted.newPage()
    const seen = watchPage(auditors, url)
    await auditors.goto(`${url}/reports`)
    await auditors.getByLabel('Topic name or filter').fill(TOPIC)
    await auditors.getByLabel('From').fill('2020-01-01')
    await auditors.getByRole('button', { name: 'Make the report' }).click()
    const fetchIt = auditors.getByRole('button', { name: /^Download the PDF/ })
    await fetchIt.waitFor({ timeout: 90_000 })
    await stage.story.it.call('setAuditor', [stage.accounts.auditor.address, '', 0])
    await fetchIt.click()
    await auditors.getByText('your role on one of its topics has ended').waitFor({ timeout: 90_000 })
    await shoot('report-refused', auditors)
    await stage.story.it.call('setAuditor', [stage.accounts.auditor.address, '', FOREVER])
    expect(seen).toEqual({ outside: [], complaints: [] })
    await scripted.close()
  })

  test('say what was wrong with one that was not made', async () => {
    await page.goto(`${url}/report?id=${made().failed}`)
    expect(await page.getByText('PERIOD_INVALID').count()).toBe(1)
    await shoot('report-failed')
    await page.getByRole('link', { name: 'Ask again' }).click()
    expect(await page.getByLabel('From').inputValue()).toBe('2099-01-01')
  })

  test('asked nothing elsewhere, and nothing was blocked', () => {
    expect(watched.outside).toEqual([])
    expect(watched.complaints).toEqual([])
  })
}
