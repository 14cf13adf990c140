/** @module The development signer: a P-256 key and its certificate in a folder of the home, made at first use. */
import { createHash, createPrivateKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bytes32, toHex } from '../../domain/bytes.ts'
import { ReportError } from '../errors.ts'
import { selfSign } from './certificate.ts'
import type { Signer } from './signer.ts'

export interface FileSigner extends Signer {
  /** The certificate's file, to hand to whoever verifies with `--root`. */
  readonly certificatePath: string
  readonly spkiHash: Bytes32
  /** Unix seconds. */
  readonly notBefore: number
  readonly notAfter: number
}

export interface FileSignerOptions {
  dir: string
  /** Unix seconds; dates a certificate that is made now. */
  now: number
  /** Who signs, for people: stands in a certificate that is made now. */
  commonName?: string
}

const DAY = 86_400
const VALIDITY = 2 * 365 * DAY

/** Returns the folder's signer. Throws SIGNER_INVALID when key and certificate do not belong together. */
export function openFileSigner({ dir, now, commonName = 'FlyTrap development report signer' }: FileSignerOptions) {
  const [keyPath, certificatePath] = [join(dir, 'report-key.pem'), join(dir, 'report-certificate.pem')]
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  if (!existsSync(keyPath)) writeFileSync(keyPath, newKey(), { mode: 0o600, flag: 'wx' })
  const privateKeyPem = readFileSync(keyPath, 'utf8')
  // A crash between the two files leaves a key alone: it gets its certificate now.
  if (!existsSync(certificatePath)) {
    // A day back: the block that a report is dated by may be older than the key.
    const dates = { notBefore: now - DAY, notAfter: now + VALIDITY }
    writeFileSync(certificatePath, selfSign({ privateKeyPem, commonName, ...dates }), { mode: 0o644, flag: 'wx' })
  }
  return openPair({ privateKeyPem, certificatePem: readFileSync(certificatePath, 'utf8'), certificatePath })
}

/** Returns the SHA-256 of the certificate's public key (SPKI): what `setReportSigner` takes. */
export function spkiHash(certificate: Uint8Array): Bytes32 {
  const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
  return toHex(createHash('sha256').update(spki).digest())
}

interface Pair {
  privateKeyPem: string
  certificatePem: string
  certificatePath: string
}

function openPair(pair: Pair): FileSigner {
  const { privateKey, certificate } = parsePair(pair)
  return {
    certificate: certificate.raw,
    certificatePath: pair.certificatePath,
    spkiHash: spkiHash(certificate.raw),
    notBefore: Math.floor(certificate.validFromDate.getTime() / 1_000),
    notAfter: Math.floor(certificate.validToDate.getTime() / 1_000),
    sign: async (bytes) => sign('sha256', bytes, privateKey),
  }
}

function parsePair({ privateKeyPem, certificatePem, certificatePath }: Pair) {
  const text = `${certificatePath} is not the certificate of the key beside it. Restore both, or remove both to have new ones made.`
  try {
    const privateKey = createPrivateKey(privateKeyPem)
    const certificate = new X509Certificate(certificatePem)
    if (certificate.checkPrivateKey(privateKey)) return { privateKey, certificate }
  } catch (cause) {
    throw new ReportError('SIGNER_INVALID', text, { cause })
  }
  throw new ReportError('SIGNER_INVALID', text)
}

const newKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
