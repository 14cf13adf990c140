import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuditStory, tellAuditStory } from '../support/audit-story.ts'
import { type ChainGateway, startTestGateway } from '../support/gateway.ts'

const BROWSER = '/usr/bin/chromium'
const hasBrowser = existsSync(BROWSER)
if (!hasBrowser && process.env.CI === 'true') throw new Error('chromium is missing: CI must install it')
if (!hasBrowser) console.warn('SKIPPED: no chromium is installed, the playground is not opened')

let story: AuditStory
let gateway: ChainGateway

beforeAll(async () => {
  story = await tellAuditStory()
  gateway = await startTestGateway(story.it)
  await gateway.indexed()
})
afterAll(async () => {
  await gateway?.stop()
  await story?.it.stop()
})

describe('the playground’s files', () => {
  test('may load nothing from elsewhere, and hold no script in the page', async () => {
    const response = await fetch(`${gateway.url}/playground`)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/default-src 'self';.*script-src 'self';/)
    expect(policy).toContain("frame-ancestors 'none'")
    const page = await response.text()
    expect(page).not.toMatch(/<script(?![^>]*\ssrc="\/playground\/)/)
  })

  test('come compressed, and those named by their content are kept', async () => {
    const page = await (await fetch(`${gateway.url}/playground/`)).text()
    const script = /src="(\/playground\/assets\/[^"]+)"/.exec(page)?.[1]
    const response = await fetch(`${gateway.url}${script}`, { headers: { 'accept-encoding': 'gzip' } })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(response.headers.get('cache-control')).toContain('immutable')
    expect(response.headers.get('content-type')).toMatch(/javascript/)
    await response.arrayBuffer()
  })
})

describe.skipIf(!hasBrowser)('the playground in a browser', () => {
  let browser: Browser
  let page: Page
  const outside: string[] = []
  const complaints: string[] = []

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-gpu'] })
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    page.on('request', (request) => {
      const isOurs = request.url().startsWith(`${gateway.url}/`) || /^(data|blob):/.test(request.url())
      if (!isOurs) outside.push(request.url())
    })
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${gateway.url}/playground/`)
  })
  afterAll(() => browser?.close())

  const answer = () => page.locator('.graphiql-response').innerText()
  const ask = () => page.getByRole('button', { name: /execute query/i }).click()

  test('opens with its ready questions', async () => {
    await expect.poll(() => page.locator('.graphiql-tab').count(), { timeout: 45_000 }).toBe(14)
    await page.locator('.graphiql-query-editor .view-line').first().waitFor()
    await page.locator('.graphiql-response .view-lines').first().waitFor({ state: 'attached' })
  })

  test('answers the first', async () => {
    await ask()
    await expect.poll(answer, { timeout: 45_000 }).toContain('"why"')
    const shot = process.env.FLYTRAP_SCREENSHOT
    if (shot !== undefined) await page.screenshot({ path: shot })
  })

  test('answers the others in their tabs', async () => {
    for (const [tab, text] of [
      ['WhoMay', 'accessRights'],
      ['IsAnythingMissing', 'nextSequence'],
    ] as const) {
      await page.getByRole('tab', { name: tab }).click()
      await ask()
      await expect.poll(answer, { timeout: 45_000 }).toContain(text)
    }
  })

  test('shows the schema’s own words', async () => {
    await page
      .getByRole('button', { name: /documentation explorer/i })
      .first()
      .click()
    await expect.poll(() => page.locator('.graphiql-plugin').innerText(), { timeout: 45_000 }).toContain('with proof')
    const shot = process.env.FLYTRAP_SCREENSHOT_DOCS
    if (shot !== undefined) await page.screenshot({ path: shot })
  })

  test('asked nothing elsewhere, and nothing was blocked or failed', () => {
    expect([outside, complaints]).toEqual([[], []])
  })
})
