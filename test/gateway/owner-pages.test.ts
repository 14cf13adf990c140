import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Right } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import '../../gateway/pages/build.ts'
import { hasChromium, launchBrowser, seriousFindings, type Watched, watchPage } from '../support/browser.ts'
import { type BrowserWallet, giveWallet } from '../support/browser-wallet.ts'
import type { Account } from '../support/chain.ts'
import { type ChainGateway, startTestGateway } from '../support/gateway.ts'
import { startTestProxy, type TestProxy } from '../support/mqtt.ts'

const hasBrowser = hasChromium()
/** Where pictures of the pages go, for people who want to look at them. */
const shots = process.env.FLYTRAP_SCREENSHOTS

let it: TestProxy
let gateway: ChainGateway
let browser: Browser
let page: Page
let wallet: BrowserWallet
let owner: Account
let friend: Account
let watched: Watched

beforeAll(async () => {
  if (!hasBrowser) return
  it = await startTestProxy('aedes')
  const { chain } = it
  ;[owner, friend] = [await chain.account(), await chain.account()]
  await chain.call('giveTopic', ['home', owner.address])
  const devices = { mqtt: `mqtt://127.0.0.1:${it.proxy.port}` }
  gateway = await startTestGateway(chain, undefined, { publicRpcUrl: chain.chain.url, devices })
  browser = await launchBrowser()
  page = await browser.newPage({ viewport: { width: 1280, height: 900 }, acceptDownloads: true })
  wallet = await giveWallet(page, chain, owner)
  watched = watchPage(page, gateway.url)
})
afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
  await it?.stop()
})

const open = (path: string) => page.goto(`${gateway.url}${path}`)
const see = (text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: 45_000 })
const press = (name: string | RegExp) => page.getByRole('button', { name }).click()
const trouble = () => page.getByRole('alert').first().innerText({ timeout: 20_000 })
/** Reads the sheet, signs it in the wallet, closes it. Returns what it said before. */
async function agree(): Promise<string> {
  const sheet = page.getByRole('dialog')
  await sheet.getByRole('button', { name: 'Sign in the wallet' }).waitFor({ timeout: 45_000 })
  const said = await sheet.innerText()
  await press('Sign in the wallet')
  await sheet.getByText(/It stands in block/).waitFor({ timeout: 45_000 })
  await press('Close')
  return said
}
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

describe.skipIf(!hasBrowser)('an owner who has never seen a terminal', () => {
  test('is told what to do on a page that has no script in it', async () => {
    const response = await fetch(`${gateway.url}/owner/topics`)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toContain('unsafe')
    const text = await response.text()
    expect(text).not.toMatch(/<script(?![^>]*\ssrc="\/pages\/)|\son\w+=|\sstyle=/)
    expect(text).toContain('This page needs JavaScript')
  })

  test('connects a wallet that announces itself, and hears how to go on when he declines the chain [EIP-6963] [EIP-3326]', async () => {
    await open('/owner/topics')
    await page.getByRole('button', { name: 'Connect Test <b>wallet</b>' }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await shoot('connect')
    wallet.declineNext = 'wallet_switchEthereumChain'
    await press(/^Connect/)
    expect(await trouble()).toContain('You declined the change of chain. This contract is on chain 31337')
  })

  test('gets the chain added where the wallet does not know it [EIP-3085]', async () => {
    await press(/^Connect/)
    await see('You act as')
    expect(wallet.asked).toContain('wallet_addEthereumChain')
    expect(wallet.chainId).toBe(31_337n)
    await see('home')
  })

  test('registers a topic, after reading what stays for ever and what it costs', async () => {
    await page.getByLabel('Topic filter').fill('home/kitchen')
    await page.getByRole('button', { name: 'Look at it first' }).first().click()
    const said = await agree()
    expect(said).toContain('Register home/kitchen')
    expect(said).toMatch(/On chain for ever: the filter, your account/)
    expect(said).toMatch(/about 0\.0\d+ ETH, at most [\d,]+ gas at/)
    await page.getByRole('link', { name: 'home/kitchen' }).waitFor()
    expect(await it.chain.read('topicOf', ['home/kitchen'])).toMatchObject([owner.address, expect.anything(), true])
    await shoot('topics')
  })

  test('is warned before a filter that tells of a person stands for ever, and can leave it', async () => {
    await page.getByLabel('Topic filter').fill('home/maria.garcia@example.org')
    await page.getByRole('button', { name: 'Look at it first' }).first().click()
    await page.getByRole('dialog').getByText('looks like an e-mail address').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await shoot('review')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(wallet.signed).toHaveLength(1)
  })

  test('learns that a first-level name needs a voucher', async () => {
    await page.getByLabel('Topic filter').fill('office')
    await page.getByRole('button', { name: 'Look at it first' }).first().click()
    expect(await trouble()).toContain('Ask him for a voucher for your account')
  })

  test('grants, sees and revokes', async () => {
    await page.getByRole('link', { name: 'home/kitchen' }).click()
    await see('Nobody but you.')
    await page.getByLabel('Account').fill(friend.address)
    await page.getByLabel('Publish: send messages').check()
    await page.getByLabel(/Lawful basis/).selectOption({ label: 'consent' })
    await page.getByRole('button', { name: 'Look at it first' }).first().click()
    expect(await agree()).toMatch(/Let 0x\w+ publish and subscribe home\/kitchen.*consent/s)
    const may = async (right: number) => (await it.chain.read('check', [friend.address, 'home/kitchen', right]))[0]
    expect([await may(Right.PUBLISH), await may(Right.SUBSCRIBE)]).toEqual([true, true])
    await page.getByRole('cell', { name: 'granted: consent' }).first().waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await shoot('topic')
    await press(/End it: the right of .* to publish/)
    await agree()
    await page.getByRole('button', { name: /End it: the right of .* to publish/ }).waitFor({ state: 'detached' })
    expect([await may(Right.PUBLISH), await may(Right.SUBSCRIBE)]).toEqual([false, true])
  })

  test('hears in words why the contract refuses, before it costs gas', async () => {
    await it.chain.call('revoke', ['home/kitchen', friend.address, Right.SUBSCRIBE], friend.sender)
    const before = wallet.signed.length
    await press(/End it: the right of .* to subscribe/)
    expect(await trouble()).toContain(
      'There is no such grant to end: subscribe was never given, or was ended before. Load',
    )
    await press('Do nothing')
    expect(wallet.signed).toHaveLength(before)
  })

  test('hears that he declined, and nothing was sent', async () => {
    wallet.declineNext = 'eth_sendTransaction'
    await page.getByLabel('is for sale').nth(1).check()
    await page.getByLabel('Price in ETH (0: free)').nth(1).fill('0.01')
    await page.getByRole('button', { name: 'Look at it first' }).nth(1).click()
    await press('Sign in the wallet')
    expect(await trouble()).toContain('You declined it in the wallet: nothing was sent.')
    await press('Do nothing')
  })

  test('sets a price and blocks a country, each leaving the other', async () => {
    await page.getByRole('button', { name: 'Look at it first' }).nth(1).click()
    expect(await agree()).toContain('not for sale → 0.01 ETH for 30 days')
    await page.getByLabel('From all but the countries ticked below').check()
    await page.getByLabel('Find a country').fill('france')
    await page.getByLabel('France (FR)').check()
    await page.getByRole('button', { name: 'Look at it first' }).nth(2).click()
    expect(await agree()).toContain('anywhere → except:FR')
    const [terms] = await it.chain.read('termsOf', ['home/kitchen'])
    expect((terms as bigint[]).slice(0, 5)).toEqual([2n, 0n, 10n ** 16n, 2_592_000n, 2n])
    await shoot('terms')
  })

  test('watches the income of a sale, and withdraws it', async () => {
    const [until] = [Math.floor(Date.now() / 1_000)]
    const purchase = ['home/kitchen', Right.SUBSCRIBE, until, `0x${'00'.repeat(32)}`]
    await it.chain.pay('purchase', purchase, 10n ** 16n, friend.sender)
    await open('/owner/income')
    await see('0.01 ETH')
    await page.getByRole('cell', { name: 'sale' }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await shoot('income')
    await press('Look at it first')
    expect(await agree()).toContain('0.01 ETH, all that is there')
    await page.getByRole('cell', { name: '− 0.01 ETH' }).waitFor()
    expect(await it.chain.read('creditOf', [owner.address])).toEqual([0n])
  })

  test('ends a bought right and refunds its unused share', async () => {
    await open('/owner/topic?filter=home%2Fkitchen')
    await press(/End it: the right of .* to subscribe/)
    expect(await agree()).toMatch(/0\.0(1|0999\d+) ETH, the unused share/)
    const [purchase] = await it.chain.read('purchaseOf', [topicIdOf('home/kitchen'), friend.address, Right.SUBSCRIBE])
    expect(purchase).toBe(0)
  })
})

describe.skipIf(!hasBrowser)('a device’s user name and password made in the browser', () => {
  const logIn = async (file: string): Promise<string> => {
    const { url, ...settings } = JSON.parse(file)
    const client = await mqtt.connectAsync(url, { ...settings, reconnectPeriod: 0 }, false)
    const packet = await client.publishAsync('home/hello', 'from a page', { qos: 1 })
    await client.endAsync()
    return String((packet as { reasonCode?: number } | undefined)?.reasonCode ?? 0)
  }
  const save = async (name: string): Promise<string> => {
    const [download] = await Promise.all([page.waitForEvent('download'), press(`Download ${name}`)])
    return readFileSync(await download.path(), 'utf8')
  }

  test('logs a real MQTT.js client in, signed by the wallet [EIP-712]', async () => {
    await open('/owner/devices')
    await page.getByLabel('Client id').fill('sensor <1>')
    await press('Make it')
    await see('This is shown once.')
    expect(await seriousFindings(page)).toEqual([])
    await shoot('credential')
    expect(await logIn(await save('flytrap-device.json'))).toBe('0')
    const lines = await save('mosquitto_pub')
    expect(lines).toMatch(/^-h 127\.0\.0\.1\n-p \d+\n-V mqttv5\n-i sensor <1>\n-u 0x\w{40}\n-P ft1\.[\w-]{130}\n$/)
    await press(/forget it here/)
    expect(await page.content()).not.toContain('ft1.')
  })

  test('logs it in, signed by a device key made there; ending that key ends it', async () => {
    await page.getByLabel('Client id').fill('sensor-2')
    await page.getByLabel(/A new device key/).check()
    await press('Make it')
    expect(await agree()).toMatch(/Let the key 0x\w+ sign in for you/)
    await see('This is shown once.')
    const file = await save('flytrap-device.json')
    const key = await save('device.key')
    expect(file).not.toContain(key.trim())
    await expect.poll(() => logIn(file).catch((error: Error) => error.message), { timeout: 45_000 }).toBe('0')
    await press(/^End it: the key/)
    await agree()
    await expect
      .poll(() => logIn(file).then(String, (error: { code?: number }) => error.code), { timeout: 45_000 })
      .toBe(0x87)
    expect(JSON.stringify(wallet.signed)).not.toContain(key.trim().slice(2))
  })

  test('is refused for a client id that no device may have, in words', async () => {
    await press(/forget it here/)
    await page.getByLabel('Client id').fill('x'.repeat(257))
    await press('Make it')
    expect(await trouble()).toContain('A client id has 1 to 256 bytes')
    await shoot('devices')
  })

  test('asked nothing elsewhere, and nothing was blocked or failed on all these pages', () => {
    expect(watched).toEqual({ outside: [], complaints: [] })
  })
})
