import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { getAddress } from 'ethers'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asOfVariable } from '../../gateway/pages/views/as-of.ts'
import { bucketsOf } from '../../gateway/pages/views/chart.ts'
import { type AuditStory, tellAuditStory } from '../support/audit-story.ts'
import { hasChromium, launchBrowser, seriousFindings, type Watched, watchPage } from '../support/browser.ts'
import { type ChainGateway, startTestGateway } from '../support/gateway.ts'

const hasBrowser = hasChromium()
const shots = process.env.FLYTRAP_SCREENSHOTS
/** Whoever owns a name may register these below it: for ever, and for every reader's page. */
const HOSTILE = {
  script: 'home/<script>alert(1)</script><img src=x onerror=alert(1)>',
  bidi: 'home/\u202egnp.exe\u2066/\u200b',
  homoglyph: 'h\u043eme/kitchen'.replace('h\u043eme', 'home/h\u043eme'),
  long: `home/${'x'.repeat(251)}`,
}

let story: AuditStory
let gateway: ChainGateway

beforeAll(async () => {
  story = await tellAuditStory()
  for (const filter of Object.values(HOSTILE)) await story.it.call('registerTopic', [filter])
  gateway = await startTestGateway(story.it)
  await gateway.indexed()
})
afterAll(async () => {
  await gateway?.stop()
  await story?.it.stop()
})

const get = async (path: string) => {
  const response = await fetch(`${gateway.url}${path}`)
  return { response, text: await response.text() }
}
const topicPath = (filter: string, more = ''): string => `/topic?filter=${encodeURIComponent(filter)}${more}`

describe('a page that reads', () => {
  test('holds no script and no style of its own, and may load nothing from elsewhere', async () => {
    for (const path of ['/', '/topics', '/reports', topicPath('home/#'), `/wallet?address=${story.device.address}`]) {
      const { response, text } = await get(path)
      expect([path, response.status]).toEqual([path, 200])
      expect(text).not.toMatch(/<script(?![^>]*\ssrc="\/pages\/)|\son\w+="|\sstyle="/)
      const policy = response.headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toContain('unsafe')
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })

  test.each([
    ['/wallet?address=0x12', 400, 'BAD_ADDRESS'],
    ['/wallet', 404, 'NOT_FOUND'],
    ['/topic', 404, 'NOT_FOUND'],
    [topicPath('a#b'), 400, 'BAD_TOPIC'],
    [topicPath('home', '&asOf=yesterday'), 400, 'BAD_TIME'],
    [topicPath('home', '&asOf=1999-01-01'), 400, 'BEFORE_DEPLOYMENT'],
    [topicPath('home', '&after=x'), 400, 'BAD_CURSOR'],
    [topicPath('home', '&from=2027-01-01&to=2026-01-01'), 400, 'BAD_PERIOD'],
    [topicPath('home', '&outcome=MAYBE'), 400, 'BAD_USER_INPUT'],
    ['/record?id=0x12', 400, 'BAD_BYTES'],
    [`/record?id=0x${'0'.repeat(23)}9`, 404, 'NOT_FOUND'],
    ['/record', 404, 'NOT_FOUND'],
  ])('refuses %s with a sentence and its code', async (path, status, code) => {
    const { response, text } = await get(path)
    expect([response.status, text.includes(`<code>${code}</code>`)]).toEqual([status, true])
    expect(text).toContain('role="alert"')
    expect(text).not.toMatch(/at \w+ \(|\.ts:/)
  })

  test('shows what hostile people registered as text that neither acts nor hides', async () => {
    const { text } = await get('/topics')
    expect(text).not.toContain('<script>alert')
    expect(text).not.toContain('<img')
    expect(text).toContain('&lt;script>alert(1)&lt;/script>')
    expect(text).not.toMatch(/[\u202e\u2066\u200b\u043e]/)
    expect(text).toContain('\\u{202e}gnp.exe\\u{2066}')
    expect(text).toContain('home/h\\u{43e}me')
    expect(text.match(/can look like others/g)).toHaveLength(2)
    expect(text).toContain(encodeURIComponent(HOSTILE.bidi))
  })

  test('shows what there was at a time that a link tells', async () => {
    const { rpc } = story.it.chain
    const number = `0x${story.silentBlock.toString(16)}`
    const { timestamp } = await rpc.request<{ timestamp: string }>('eth_getBlockByNumber', [number, false])
    const asOf = encodeURIComponent(new Date(Number(timestamp) * 1_000).toISOString())
    const { text } = await get(`/topics?asOf=${asOf}`)
    expect(text).toContain('home/kitchen/#')
    expect(text).not.toContain('script>alert') // registered two hours later
    expect(text).toContain('Show it as it is now')
  })

  test('of a topic lists the sealed records that may be about it, whatever the time asked for', async () => {
    const { text } = await get(topicPath('home/kitchen/#', '&to=2020-01-01'))
    expect(text).toContain('No access is recorded that could be about it')
    expect(text).toContain('Sealed records, which may be about it too')
    expect(text).toMatch(/Sealed: (allowed|refused)/)
  })

  test('takes a date as its end, and today as now', () => {
    const now = Date.parse('2026-11-27T12:00:00Z')
    expect(asOfVariable({ asOf: '2026-11-26' }, now)).toEqual({ time: '2026-11-26T23:59:59Z' })
    for (const asOf of ['2026-11-27', '2030-01-01']) expect(asOfVariable({ asOf }, now)).toBeNull()
    expect(asOfVariable({}, now)).toBeNull()
  })
})

describe('traffic', () => {
  test('is counted where it began, what lies outside at the nearest end', () => {
    const counted = [
      { first: 5, count: 1, isAllowed: true },
      { first: 10, count: 2, isAllowed: true },
      { first: 19, count: 3, isAllowed: false },
      { first: 20, count: 4, isAllowed: true },
    ]
    expect(bucketsOf(counted, { from: 10, to: 20, parts: 2 })).toEqual([
      { start: 10, allowed: 3, denied: 0 },
      { start: 15, allowed: 4, denied: 3 },
    ])
  })
})

describe.skipIf(!hasBrowser)('the pages in a browser without JavaScript', () => {
  let browser: Browser
  let page: Page
  let watched: Watched
  let judged: Page | undefined

  beforeAll(async () => {
    browser = await launchBrowser()
    page = await browser.newPage({ javaScriptEnabled: false, viewport: { width: 1280, height: 900 } })
    watched = watchPage(page, gateway.url)
  })
  afterAll(() => browser?.close())

  async function shoot(name: string): Promise<void> {
    if (shots === undefined) return
    mkdirSync(shots, { recursive: true })
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 360]) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 900 })
        await page.screenshot({ path: join(shots, `${name}-${colorScheme}-${width}.png`), fullPage: true })
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 })
  }

  test('tell traffic, refusals and that nothing is missing, drawn and in words', async () => {
    await page.goto(gateway.url)
    expect(await page.locator('svg.chart desc').textContent()).toMatch(
      /^\d+ allowed and \d+ refused\. The most at once were \d+/,
    )
    expect(await page.getByText('no registered topic covers it').count()).toBe(1)
    expect(await page.getByText(/^Every period that ends at/).count()).toBe(1)
    expect(await page.getByRole('img', { name: /of the period is proven/ }).count()).toBe(1)
    await shoot('overview')
  })

  test('lead from a topic to who read it, when and why, and to the proof', async () => {
    await page.goto(gateway.url)
    await page.getByRole('link', { name: 'Topics' }).first().click()
    await page.getByLabel('Topic name or filter').fill('home/kitchen/temperature')
    await page.getByRole('button', { name: 'Open the topic' }).click()
    expect(await page.getByText('Not registered itself').count()).toBe(1)
    const rows = page.getByRole('table', { name: 'Access records, newest first' }).getByRole('row')
    expect(await rows.count()).toBe(1 + 7)
    await shoot('topic-read')
    await page.getByLabel('Outcome').selectOption('DENIED')
    await page.getByRole('button', { name: 'Show' }).last().click()
    expect(await rows.count()).toBe(1 + 3)
    await page
      .getByRole('link', { name: /^Record 1\./ })
      .first()
      .click()
    expect(await page.getByRole('heading', { name: 'Check it without us' }).count()).toBe(1)
    expect(await page.getByText('Nothing earlier is missing up to').count()).toBe(1)
    await shoot('record')
  })

  test('tell what an account may do and did', async () => {
    await page.goto(`${gateway.url}/wallet?address=${story.device.address}`)
    expect(await page.getByText(getAddress(story.device.address)).count()).toBeGreaterThan(0)
    expect(await page.getByRole('table', { name: 'Rights that count' }).getByRole('row').count()).toBe(1 + 3)
    await shoot('wallet')
    await page.goto(`${gateway.url}/reports`)
    expect(await page.getByText('None yet.').count()).toBe(1)
    await shoot('reports')
  })

  test.each([
    '/',
    '/topics', // hostile filters among them
    topicPath('home/#'),
    '/wallet?address=DEVICE',
    `/record?id=0x00000001${'0'.repeat(15)}1`,
    '/reports',
    '/wallet', // refused
  ])('have nothing serious that axe finds at %s, in light and dark', async (path) => {
    judged ??= await browser.newPage() // axe itself is a script
    await judged.goto(`${gateway.url}${path.replace('DEVICE', story.device.address)}`)
    expect(await seriousFindings(judged)).toEqual([])
  })

  test('fit a telephone without sideways scrolling', async () => {
    await page.setViewportSize({ width: 360, height: 800 })
    for (const path of ['/', '/topics', topicPath('home/#'), '/reports']) {
      await page.goto(`${gateway.url}${path}`)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth)
      expect([path, wide]).toEqual([path, 360])
    }
  })

  test('asked nothing elsewhere, and nothing was blocked', () => {
    expect(watched.outside).toEqual([])
    expect(watched.complaints.filter((text) => !text.includes('404'))).toEqual([])
  })
})
