import { Wallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createNonces } from '../../gateway/sign-in/nonces.ts'
import { createSessions } from '../../gateway/sign-in/sessions.ts'
import { emptyStore, startServiceOver, type TestGateway } from '../support/gateway.ts'
import { nonceOf, send, signIn, tokenFor } from '../support/sign-in.ts'

const someone = { key: Wallet.createRandom().privateKey as `0x${string}` }
const address = new Wallet(someone.key).address
let gateway: TestGateway

beforeAll(async () => {
  gateway = await startServiceOver(emptyStore())
})
afterAll(() => gateway?.stop())

const codeOf = async (more: Parameters<typeof signIn>[2]): Promise<[number, string | undefined]> => {
  const { status, body } = await signIn(gateway.url, someone, more)
  return [status, body.errors?.[0].extensions.code]
}
const minutes = (count: number): string => new Date(Date.now() + count * 60_000).toISOString()

describe('sign-in [EIP-4361]', () => {
  test('gives a session to who signed this gateway’s nonce, in a cookie that no script and no other site can use', async () => {
    const { status, body, cookie } = await signIn(gateway.url, someone)
    expect([status, body.account]).toEqual([200, address])
    expect(cookie).toMatch(/^flytrap_session=[\w-]{43}; .*Path=\/; .*HttpOnly; SameSite=Strict/)
    const session = await fetch(`${gateway.url}/auth/session`, { headers: { cookie: cookie?.split(';')[0] ?? '' } })
    expect(await session.json()).toMatchObject({ account: address })
  })

  test('refuses what was signed for another place, chain or time', async () => {
    expect(await codeOf({ domain: 'evil.example' })).toEqual([401, 'SIGN_IN_REFUSED'])
    expect(await codeOf({ uri: 'http://evil.example/' })).toEqual([401, 'SIGN_IN_REFUSED'])
    expect(await codeOf({ uri: 'http://127.0.0.1.evil.example/' })).toEqual([401, 'SIGN_IN_REFUSED'])
    expect(await codeOf({ scheme: 'https' })).toEqual([401, 'SIGN_IN_REFUSED'])
    expect(await codeOf({ chainId: 1 })).toEqual([401, 'SIGN_IN_REFUSED'])
    expect(await codeOf({ issuedAt: minutes(-6) })).toEqual([401, 'SIGN_IN_EXPIRED'])
    expect(await codeOf({ issuedAt: minutes(6) })).toEqual([401, 'SIGN_IN_EXPIRED'])
    expect(await codeOf({ expirationTime: minutes(-1) })).toEqual([401, 'SIGN_IN_EXPIRED'])
    expect(await codeOf({ notBefore: minutes(1) })).toEqual([401, 'SIGN_IN_EXPIRED'])
  })

  test('refuses a nonce that is not from here, and one that served', async () => {
    expect(await codeOf({ nonce: 'a'.repeat(60) })).toEqual([401, 'SIGN_IN_REFUSED'])
    expect(await codeOf({ nonce: 'abcdefgh' })).toEqual([401, 'SIGN_IN_REFUSED'])
    const nonce = await nonceOf(gateway.url)
    expect((await signIn(gateway.url, someone, { nonce })).status).toBe(200)
    expect(await codeOf({ nonce })).toEqual([401, 'SIGN_IN_EXPIRED'])
  })

  test('a nonce whose signature was refused still serves', async () => {
    const nonce = await nonceOf(gateway.url)
    const other = await new Wallet(`0x${'77'.repeat(32)}`).signMessage('other')
    // Not the account's key; whether it is a contract's word cannot be asked of a chain that is away.
    expect(await codeOf({ nonce, signature: other })).toEqual([503, 'CHAIN_UNREACHABLE'])
    expect(await codeOf({ nonce, signature: '0x12' })).toEqual([503, 'CHAIN_UNREACHABLE'])
    expect(await codeOf({ nonce, signature: 'nonsense' })).toEqual([401, 'SIGN_IN_REFUSED'])
    expect((await signIn(gateway.url, someone, { nonce })).status).toBe(200)
  })

  test('refuses what is no message, and what another page sends', async () => {
    expect(await codeOf({ text: 'let me in' })).toEqual([401, 'SIGN_IN_REFUSED'])
    expect(await codeOf({ text: 'x'.repeat(10_000) })).toEqual([401, 'SIGN_IN_REFUSED'])
    const evil = { origin: 'https://evil.example' }
    expect((await send(gateway.url, { message: '', signature: '' }, evil)).status).toBe(403)
    expect((await send(gateway.url, { message: 5 })).body.errors[0].extensions.code).toBe('BAD_REQUEST')
  })

  test('ends at sign-out, and a session that ended is said, not taken for nobody', async () => {
    const token = await tokenFor(gateway.url, someone)
    const mine = gateway.as(token)
    expect((await mine.ask('{ __typename }')).data).toEqual({ __typename: 'Query' })
    const headers = { authorization: `Bearer ${token}` }
    await fetch(`${gateway.url}/auth/sign-out`, { method: 'POST', headers })
    expect(await mine.codeOf('{ __typename }')).toBe('SIGN_IN_EXPIRED')
    expect(await gateway.as('made-up').codeOf('{ __typename }')).toBe('SIGN_IN_EXPIRED')
  })
})

describe('nonces', () => {
  test('serve once, for five minutes, and none that was not issued', () => {
    let now = 1_000_000
    const nonces = createNonces(() => now)
    const nonce = nonces.issue()
    expect(nonce).toMatch(/^[a-z0-9]{60}$/)
    expect(nonces.look(nonce)).toBe('fresh')
    nonces.use(nonce)
    expect(nonces.look(nonce)).toBe('used')
    expect(createNonces(() => now).look(nonces.issue())).toBe('unknown')
    const late = nonces.issue()
    now += 300_001
    expect([nonces.look(late), nonces.look(nonce)]).toEqual(['expired', 'expired'])
  })
})

describe('sessions', () => {
  test('of one account push out its own oldest, and nobody else', () => {
    const sessions = createSessions()
    const session = (account: `0x${string}`) => ({ account, expiresAt: Date.now() + 1_000, wasAuditor: false })
    const [other, ...mine] = [
      sessions.begin(session('0x02')),
      ...Array.from({ length: 21 }, () => sessions.begin(session('0x01'))),
    ]
    expect(sessions.find(other ?? '')).toMatchObject({ account: '0x02' })
    expect(mine.map((token) => sessions.find(token) !== undefined)).toEqual([false, ...Array(20).fill(true)])
  })

  test('of many accounts push out no auditor’s', () => {
    const sessions = createSessions(Date.now, 3)
    const begin = (i: number, wasAuditor: boolean) =>
      sessions.begin({ account: `0x0${i}`, expiresAt: Date.now() + 1_000, wasAuditor })
    const auditor = begin(0, true)
    const others = [1, 2, 3, 4].map((i) => begin(i, false))
    expect(sessions.find(auditor)).toMatchObject({ account: '0x00' })
    expect(others.map((token) => sessions.find(token) !== undefined)).toEqual([false, false, true, true])
  })
})
