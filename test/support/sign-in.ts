/** @module Signs in at a gateway as a wallet does (EIP-4361), and, field by field, as one should not. */
import { getAddress, Wallet } from 'ethers'
import { SiweMessage } from 'siwe'
import type { Account } from './chain.ts'

export interface SignInAnswer {
  status: number
  cookie: string | null
  // biome-ignore lint/suspicious/noExplicitAny: answers are judged by what they hold
  body: any
}

export async function nonceOf(url: string): Promise<string> {
  const { nonce } = (await (await fetch(`${url}/auth/nonce`)).json()) as { nonce: string }
  return nonce
}

/** Signs a message that says the usual, but for `more`, and sends it. */
export async function signIn(
  url: string,
  { key }: Pick<Account, 'key'>,
  more: Partial<SiweMessage> & { signature?: string; text?: string } = {},
): Promise<SignInAnswer> {
  const { signature, text, ...fields } = more
  const wallet = new Wallet(key)
  const usual = {
    domain: new URL(url).host,
    address: getAddress(wallet.address),
    uri: `${url}/`,
    version: '1',
    chainId: 31_337,
    nonce: fields.nonce ?? (await nonceOf(url)),
    issuedAt: new Date().toISOString(),
  }
  const message = text ?? new SiweMessage({ ...usual, ...fields }).prepareMessage()
  return send(url, { message, signature: signature ?? (await wallet.signMessage(message)) })
}

export async function send(url: string, body: object, headers: Record<string, string> = {}): Promise<SignInAnswer> {
  const response = await fetch(`${url}/auth/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, cookie: response.headers.get('set-cookie'), body: await response.json() }
}

/** Returns the token of a sign-in that must succeed. */
export async function tokenFor(url: string, account: Pick<Account, 'key'>): Promise<string> {
  const { body, status } = await signIn(url, account)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body.token
}
