/**
 * @module The device address of a client certificate's key. The key is the identity and stands on chain, so a
 * certificate that its own key signed serves as well as any; nothing else in it is read. Pure.
 */
import type { X509Certificate } from 'node:crypto'
import { type Address, keccak256, toHex } from '../../../domain/bytes.ts'

export type DeviceKey = { kind: 'device'; address: Address } | { kind: 'unsupported'; why: string }

/** What each kind's SubjectPublicKeyInfo begins with: one spelling a key, so that one key has one address. */
const PREFIXES: Record<string, string> = {
  'P-256, uncompressed': '3059301306072a8648ce3d020106082a8648ce3d03010703420004',
  'P-384, uncompressed': '3076301006072a8648ce3d020106052b8104002203620004',
  Ed25519: '302a300506032b6570032100',
}
const TAG = Buffer.from('flytrap-spki', 'latin1')

export function deviceKeyOf(certificate: X509Certificate): DeviceKey {
  let spki: Buffer
  try {
    spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
  } catch {
    return { kind: 'unsupported', why: 'the certificate’s key cannot be read' }
  }
  const hex = spki.toString('hex')
  const isKnown = Object.values(PREFIXES).some((prefix) => hex.startsWith(prefix))
  if (isKnown) return { kind: 'device', address: deviceAddressOf(spki) }
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey
  const name = asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType ?? 'unknown'
  return { kind: 'unsupported', why: `the certificate’s key is of kind ${name}: P-256, P-384 and Ed25519 serve` }
}

/** Returns the last 20 bytes of keccak256("flytrap-spki" ‖ SubjectPublicKeyInfo). */
export const deviceAddressOf = (spki: Uint8Array): Address =>
  toHex(keccak256(Buffer.concat([TAG, spki])).subarray(12)) as Address
