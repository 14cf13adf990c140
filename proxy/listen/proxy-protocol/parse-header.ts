/**
 * @module The PROXY protocol's header (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2), strictly: what a load
 * balancer says of a device decides bans and countries, so nothing in it is guessed. Pure.
 */
import type { HeaderReading } from './header.ts'
import { parseVersion1 } from './version-1.ts'
import { parseVersion2 } from './version-2.ts'

const VERSION_1 = Buffer.from('PROXY ', 'latin1')
const VERSION_2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

/** Reads the header that `bytes` begin with. Asked again with more bytes while incomplete. */
export function parseProxyHeader(bytes: Buffer): HeaderReading {
  if (begins(bytes, VERSION_1)) return bytes.length < VERSION_1.length ? { kind: 'incomplete' } : parseVersion1(bytes)
  if (begins(bytes, VERSION_2)) return bytes.length < VERSION_2.length ? { kind: 'incomplete' } : parseVersion2(bytes)
  return { kind: 'missing' }
}

/** Returns whether the bytes are the signature's, as far as both go. */
function begins(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length)
  return bytes.compare(signature, 0, length, 0, length) === 0
}
