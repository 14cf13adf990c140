import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { type OwnerHome, startOwnerHome } from '../support/owner-home.ts'
import { hasTerminal, runInTerminal } from '../support/terminal.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const GUIDE = readFileSync(resolve(ROOT, 'docs/owners.md'), 'utf8')
const ENTRY = resolve(ROOT, 'cli/bin/flytrap.mjs')
const ETH = 10n ** 18n

/** The commands of the tour with what the guide says they print. */
const TOUR = [...GUIDE.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block
    .split(/^\$ npx flytrap /m)
    .slice(1)
    .map((text) => {
      const [command = '', ...lines] = text.split('\n')
      return { words: command.split(' '), expected: lines.join('\n') }
    }),
)

const STANDS_FOR: Record<string, string> = {
  ACCOUNT: 'alice',
  NAME: 'alice',
  WALLET: 'owner',
  ID: `0x${'12'.repeat(16)}`,
}
const COMMANDS = [...GUIDE.matchAll(/^npx flytrap (.*?)(?: +#.*)?$/gm)].map(([, line = '']) =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, text, word]) => text ?? word ?? ''),
)

describe.skipIf(!hasTerminal())('the guide for owners', () => {
  let home: OwnerHome
  beforeAll(async () => {
    home = await startOwnerHome()
  })
  afterAll(() => home.stop())

  test('leads from nothing to a sold subscription and its payout, as it is printed there', async () => {
    expect(TOUR.length).toBeGreaterThanOrEqual(6)
    const before = await balanceOf(home)
    for (const { words, expected } of TOUR) {
      const { code, text } = await runInTerminal([process.execPath, ENTRY, ...words], {
        env: { FLYTRAP_HOME: home.dir },
        answers: expected.includes('Go ahead? [y/N] y') ? [['Go ahead? [y/N] ', 'y\n']] : [],
      })
      expect(`${words.join(' ')}\n${masked(text)}`).toBe(`${words.join(' ')}\n${masked(expected)}`)
      expect(code).toBe(0)
    }
    const [buyer] = (await home.json('wallet', 'list')).filter(({ name }) => name === 'buyer')
    expect((await home.chain.read('check', [buyer.address, 'weather', 2]))[0]).toBe(true)
    expect(await home.chain.read('creditOf', [home.chain.owner.address])).toEqual([0n])
    // The price less the gas of three transactions.
    expect((await balanceOf(home)) - before).toBeGreaterThan(ETH / 110n)
    expect(topicIdOf('weather')).toBe((await home.json('topic', 'show', 'weather'))[0].topicId)
  }, 300_000)
})

describe('every other command of the guide', () => {
  test('is one that the command understands', async () => {
    const home = await startOwnerHome()
    try {
      await home.wallet('alice')
      const wrong: string[] = []
      for (const words of COMMANDS) {
        const args = words
          .map((word) => STANDS_FOR[word] ?? word)
          .map((word) => word.replace(/^\w+\.(voucher|signed)$/, `${home.dir}/$&`))
        // What stands on the chain decides the rest.
        const { code, stderr } = await home.run(...args, '--json')
        if (code === 2) wrong.push(stderr)
      }
      expect(COMMANDS.length).toBeGreaterThan(20)
      expect(wrong).toEqual([])
    } finally {
      await home.stop()
    }
  })
})

/** What is another at each run. */
const masked = (text: string): string =>
  text
    .replaceAll(/0x[0-9a-fA-F]{40}/g, '0x…')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'TIME')
    .replaceAll(/about [\d.]+ ETH for [\d,]+ gas at [\d.]+ gwei/g, 'about …')
    .replaceAll(/block \d+/g, 'block …')
    .replaceAll(/(purchase|grant) \d+/g, '$1 …')
    .replaceAll(/ +/g, ' ')
    .trim()

const balanceOf = async ({ chain }: OwnerHome): Promise<bigint> =>
  BigInt(await chain.chain.rpc.request<string>('eth_getBalance', [chain.owner.address, 'latest']))
