import Database from 'better-sqlite3'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import '../../gateway/pages/build.ts'
import { hasChromium, launchBrowser, seriousFindings, type Watched, watchPage } from '../support/browser.ts'
import { type BrowserWallet, giveWallet } from '../support/browser-wallet.ts'
import { type EvidenceStage, startEvidenceStage } from '../support/evidence-stage.ts'

const hasBrowser = hasChromium()
/** Record 1 of the stage: the oven's publish on home. */
const RECORD = `0x00000001${'0'.repeat(15)}1`

let stage: EvidenceStage
let browser: Browser
let page: Page
let wallet: BrowserWallet
let watched: Watched

beforeAll(async () => {
  if (!hasBrowser) return
  stage = await startEvidenceStage()
  browser = await launchBrowser()
  page = await browser.newPage()
  wallet = await giveWallet(page, stage.it, stage.homeAuditor)
  wallet.known.add(31_337n)
  watched = watchPage(page, stage.gateway.url)
})
afterAll(async () => {
  await browser?.close()
  await stage?.stop()
})

/** How many showings of evidence to this auditor the gateway's journal holds open. */
function disclosures(): number {
  const file = new Database(stage.own.options.journalPath, { readonly: true })
  const states = (file.prepare('select state from windows').all() as { state: string }[]).map(({ state }) => state)
  file.close()
  const shown = states.filter((state) => state.includes(stage.homeAuditor.address))
  return shown.flatMap((state) => JSON.parse(state).count).reduce((sum, count) => sum + count, 0)
}

describe.skipIf(!hasBrowser)('an auditor with a browser wallet', () => {
  test('is told without sign-in that evidence is withheld, and where to sign in', async () => {
    await page.goto(`${stage.gateway.url}/record?id=${RECORD}`)
    await page.getByText('withheld', { exact: true }).waitFor()
    expect(await page.content()).not.toContain('oven')
    await page.getByRole('link', { name: 'Sign in to see it' }).click()
    await page.getByRole('button', { name: /^Connect/ }).click()
    expect(await seriousFindings(page)).toEqual([])
  })

  test('signs a message for this gateway, and comes back to what he asked for, shown [EIP-4361]', async () => {
    await page.getByRole('button', { name: /^Sign in as 0x/ }).click()
    await page.getByText('That you saw this was recorded first.').waitFor({ timeout: 45_000 })
    expect(page.url()).toContain(`/record?id=${RECORD}&evidence=show`)
    expect(await page.getByText('oven', { exact: true }).count()).toBe(1)
    expect(String(wallet.signed[0])).toContain(`${new URL(page.url()).host} wants you to sign in`)
    expect(await seriousFindings(page)).toEqual([])
    expect(disclosures()).toBe(1)
  })

  test('sees nothing, and leaves no record, until he asks for it', async () => {
    await page.goto(`${stage.gateway.url}/record?id=${RECORD}`)
    await page.getByRole('button', { name: 'Show the evidence' }).waitFor()
    expect(await page.content()).not.toContain('oven')
    expect(disclosures()).toBe(1)
  })

  test('signs out', async () => {
    await page.goto(`${stage.gateway.url}/sign-in?back=//example.org/`)
    await page.getByText('You are signed in').waitFor()
    expect(await page.getByRole('link', { name: 'Back to where' }).count()).toBe(0) // never to another place
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: /^Sign in as 0x/ }).waitFor()
    expect(watched).toEqual({ outside: [], complaints: [] })
  })
})
