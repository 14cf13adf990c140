/** @module Whether a Sign-In with Ethereum message (EIP-4361) is meant for this gateway, now. Its signature comes after. */
import { SiweMessage } from 'siwe'
import type { Address } from '../../domain/bytes.ts'
import { refuse } from '../errors.ts'
import type { Nonces } from './nonces.ts'

export interface Expected {
  /** Where people reach this gateway: `http://127.0.0.1:4000`. */
  origins: readonly string[]
  chainId: bigint
  nonces: Nonces
  /** Milliseconds. */
  now: number
}

export interface SignInMessage {
  account: Address
  nonce: string
  /** Milliseconds: when the signed-in time ends. */
  expiresAt: number
}

const MAX_BYTES = 4_096
const SESSION_MS = 8 * 3_600_000
const SKEW_MS = 5 * 60_000

/** Throws SIGN_IN_REFUSED for what is not for us, SIGN_IN_EXPIRED for what was. */
export function checkMessage(text: string, { origins, chainId, nonces, now }: Expected): SignInMessage {
  const message = parse(text)
  const origin = origins.find((one) => new URL(one).host === message.domain)
  const wanted = `Sign a message for ${origins.join(' or ')}.`
  if (origin === undefined) refuse('SIGN_IN_REFUSED', `The message is for another domain. ${wanted}`)
  if (message.scheme !== undefined && `${message.scheme}:` !== new URL(origin).protocol) {
    refuse('SIGN_IN_REFUSED', `The message is for another scheme. ${wanted}`)
  }
  if (originOf(message.uri) !== origin) refuse('SIGN_IN_REFUSED', `The message’s URI is of another place. ${wanted}`)
  if (message.version !== '1') refuse('SIGN_IN_REFUSED', 'The message’s version is 1 (EIP-4361).')
  if (BigInt(message.chainId) !== chainId) refuse('SIGN_IN_REFUSED', `The message’s Chain ID is ${chainId} here.`)
  const until = assertTimely(message, now)
  assertFresh(nonces.look(message.nonce))
  return { account: message.address.toLowerCase() as Address, nonce: message.nonce, expiresAt: until }
}

function parse(text: string): SiweMessage {
  const help = 'Send an EIP-4361 message exactly as it was signed, with the address in its EIP-55 spelling.'
  if (text.length > MAX_BYTES) refuse('SIGN_IN_REFUSED', help)
  try {
    return new SiweMessage(text)
  } catch {
    // Its own words quote the text; which line is wrong, the sender's library knows better.
    refuse('SIGN_IN_REFUSED', help)
  }
}

const originOf = (uri: string): string | undefined => (URL.canParse(uri) ? new URL(uri).origin : undefined)

/** Returns when the signed-in time ends. */
function assertTimely({ issuedAt, notBefore, expirationTime }: SiweMessage, now: number): number {
  const issued = timeOf(issuedAt, 'Issued At')
  const again = 'Sign a new one, on a machine whose clock is right.'
  if (Math.abs(now - issued) > SKEW_MS) refuse('SIGN_IN_EXPIRED', `The message was not issued just now. ${again}`)
  if (notBefore !== undefined && timeOf(notBefore, 'Not Before') > now) {
    refuse('SIGN_IN_EXPIRED', `The message is not valid yet. ${again}`)
  }
  const until = expirationTime === undefined ? Number.POSITIVE_INFINITY : timeOf(expirationTime, 'Expiration Time')
  if (until <= now) refuse('SIGN_IN_EXPIRED', `The message has expired. ${again}`)
  return Math.min(until, now + SESSION_MS)
}

/** Every comparison with no number is false: a time that cannot be read must not pass for a good one. */
function timeOf(text: string | undefined, name: string): number {
  const time = Date.parse(text ?? '')
  if (Number.isNaN(time)) refuse('SIGN_IN_REFUSED', `The message’s ${name} is no time (RFC 3339).`)
  return time
}

function assertFresh(nonce: ReturnType<Nonces['look']>): void {
  if (nonce === 'fresh') return
  const again = 'Fetch one from /auth/nonce and sign again.'
  if (nonce === 'unknown') refuse('SIGN_IN_REFUSED', `The nonce is not from here. ${again}`)
  refuse('SIGN_IN_EXPIRED', nonce === 'used' ? `The nonce was used. ${again}` : `The nonce is too old. ${again}`)
}
