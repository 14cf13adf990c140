/**
 * @module The sign-in page (EIP-4361): the wallet signs a message for this gateway alone, and the gateway keeps a session in
 * a cookie that no script reads.
 */
import { getAddress } from 'ethers'
import { toHex, utf8 } from '../../../domain/bytes.ts'
import { type Html, html } from '../html.ts'
import { Hex, Notice, Time } from '../parts.ts'
import { startApp } from './app.ts'
import type { Session } from './session.ts'
import { Trouble } from './trouble.ts'
import { useActing, useLoaded } from './use-work.ts'

interface SignedIn {
  account: string | null
  expiresAt?: string
}

function SignIn({ session }: { session: Session }): Html {
  const { value, notice, reload } = useLoaded(session, async () => ask<SignedIn>('/auth/session').catch(() => NOBODY))
  const { attempt, sheet } = useActing(session, reload)
  const back = pathBack()
  if (value === undefined) return html`${notice}`
  const enter = (): void =>
    attempt(async () => {
      await signIn(session)
      if (back === undefined) reload()
      else location.assign(back)
    })
  const leave = (): void =>
    attempt(async () => {
      await ask('/auth/sign-out', {})
      reload()
    })
  if (value.account === null)
    return html`${notice}${sheet}<section class="card"><h2>Sign in</h2>
      <p>Your wallet signs a message for this gateway: it costs nothing and sends no transaction. Who you are decides what evidence you may see; seeing it is recorded on chain.</p>
      <div class="buttons"><button class="primary" onClick=${enter}>Sign in as ${getAddress(session.account)}</button></div></section>`
  return html`${notice}${sheet}<section class="card"><h2>You are signed in</h2>
    <${Notice} kind="good">As <${Hex} value=${value.account} />, until <${Time} at=${value.expiresAt ?? null} />.<//>
    ${value.account.toLowerCase() !== session.account && html`<${Notice} kind="warn">Your wallet is on another account now. Sign out first to change.<//>`}
    <div class="buttons">${back !== undefined && html`<a href=${back}>Back to where you came from</a>`}<button onClick=${leave}>Sign out</button></div></section>`
}

const NOBODY: SignedIn = { account: null }

async function signIn({ rpc, account }: Session): Promise<void> {
  const { nonce, chainId, origins } = await ask<{ nonce: string; chainId: string; origins: string[] }>('/auth/nonce')
  if (!origins.includes(location.origin))
    throw new Trouble(`This gateway signs in only at ${origins.join(' or ')}. Open it there, then sign in.`)
  const message = messageOf({ account: getAddress(account), nonce, chainId })
  const signature = await rpc.request<string>('personal_sign', [toHex(utf8(message)), account])
  await ask('/auth/sign-in', { message, signature })
}

/** EIP-4361's own form, line by line: wallets read it too. */
const messageOf = ({ account, nonce, chainId }: { account: string; nonce: string; chainId: string }): string =>
  `${location.host} wants you to sign in with your Ethereum account:
${account}

Sign in to FlyTrap. What evidence you are shown is recorded.

URI: ${location.origin}/
Version: 1
Chain ID: ${chainId}
Nonce: ${nonce}
Issued At: ${new Date().toISOString()}`

/** Only a path of ours: nobody is sent elsewhere from here. */
function pathBack(): string | undefined {
  const text = new URLSearchParams(location.search).get('back') ?? ''
  const url = URL.canParse(text, location.origin) ? new URL(text, location.origin) : undefined
  return text.startsWith('/') && url?.origin === location.origin ? `${url.pathname}${url.search}` : undefined
}

/** Posts where a body is given. Rejects Trouble with the gateway's sentence. */
async function ask<T>(path: string, body?: object): Promise<T> {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(path, body === undefined ? {} : post)
  const answer = (await response.json()) as T & { errors?: { message: string }[] }
  const [error] = answer.errors ?? []
  if (error !== undefined || !response.ok)
    throw new Trouble(error?.message ?? `The gateway answers ${response.status}. Try again.`)
  return answer
}

startApp(SignIn)
