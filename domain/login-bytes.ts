/** @module Proofs of a login as MQTT carries them: the password, and the Authentication Data of AUTH (DESIGN section 5). Pure. */
import { type Bytes32, concat, fromHex, type Hex, toHex, toUint, uint, utf8 } from './bytes.ts'
import type { Credential } from './typed-data.ts'

const PREFIX = 'ft1.'
const MAX_SECONDS = (1n << 40n) - 1n

/** Returns `ft1.` and base64url of notBefore u64, expiresAt u64, id 16, signature 65: the MQTT password. */
export function encodeCredential(credential: Credential, signature: Hex): string {
  const bytes = concat(
    uint(credential.notBefore, 8),
    uint(credential.expiresAt, 8),
    fromHex(credential.id),
    fromHex(signature),
  )
  return (
    PREFIX +
    btoa(String.fromCharCode(...bytes))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '')
  )
}

/** Returns the fields of a password, or undefined when it is not of our form, byte for byte. */
export function parseCredential(
  password: string,
): (Pick<Credential, 'notBefore' | 'expiresAt' | 'id'> & { signature: Hex }) | undefined {
  // 97 bytes are 130 digits; the last one carries two bits, so that only four of them are canonical
  if (!/^ft1\.[A-Za-z0-9_-]{129}[AQgw]$/.test(password)) return undefined
  const text = atob(password.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0))
  const [notBefore, expiresAt] = [toUint(bytes.subarray(0, 8)), toUint(bytes.subarray(8, 16))]
  if (notBefore > MAX_SECONDS || expiresAt > MAX_SECONDS) return undefined
  return {
    notBefore: Number(notBefore),
    expiresAt: Number(expiresAt),
    id: toHex(bytes.subarray(16, 32)),
    signature: toHex(bytes.subarray(32)),
  }
}

/** Returns nonce 32 and expiresAt u64: the Authentication Data of the proxy's AUTH. */
export const encodeChallenge = (nonce: Bytes32, expiresAt: number): Uint8Array =>
  concat(fromHex(nonce), uint(expiresAt, 8))

/** Returns the challenge, or undefined when it has not 40 bytes or a time beyond 2^40. For clients. */
export function parseChallenge(data: Uint8Array): { nonce: Bytes32; expiresAt: number } | undefined {
  if (data.length !== 40) return undefined
  const expiresAt = toUint(data.subarray(32))
  return expiresAt > MAX_SECONDS ? undefined : { nonce: toHex(data.subarray(0, 32)), expiresAt: Number(expiresAt) }
}

/** Returns u16 length, signature, audience: the client's answer. */
export function encodeChallengeAnswer(signature: Hex, audience: string): Uint8Array {
  const bytes = fromHex(signature)
  return concat(uint(bytes.length, 2), bytes, utf8(audience))
}

/** Returns the answer's parts, or undefined when it is malformed. The audience is not judged here. */
export function parseChallengeAnswer(data: Uint8Array): { signature: Hex; audience: string } | undefined {
  if (data.length < 2) return undefined
  const end = 2 + Number(toUint(data.subarray(0, 2)))
  if (end > data.length || data.length - end > 255) return undefined
  try {
    const audience = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data.subarray(end))
    return { signature: toHex(data.subarray(2, end)), audience }
  } catch {
    return undefined // ill-formed UTF-8
  }
}
