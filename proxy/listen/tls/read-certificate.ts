/** @module A certificate and its key from their files: whole and fitting, or refused with the file, the reason and the remedy. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { ListenError, type ListenErrorCode } from '../errors.ts'

export interface CertificateFiles {
  /** PEM: the certificate, then what leads to its root. */
  certFile: string
  /** PEM, not encrypted. */
  keyFile: string
}

export interface ServerCertificate {
  /** PEM, as the files have them. */
  cert: string
  key: string
  /** Milliseconds. */
  notAfter: number
}

/** Throws ListenError: CERTIFICATE_UNREADABLE, _INVALID, _EXPIRED, KEY_UNREADABLE, _ENCRYPTED, _INVALID, _MISMATCHED. */
export function readCertificate({ certFile, keyFile }: CertificateFiles, now = Date.now()): ServerCertificate {
  const cert = read(certFile, 'CERTIFICATE_UNREADABLE')
  const key = read(keyFile, 'KEY_UNREADABLE')
  const leaf = parseLeaf(certFile, cert)
  const notAfter = leaf.validToDate.getTime()
  if (now >= notAfter) {
    const remedy = 'Renew it; a running proxy takes the new file by itself.'
    throw new ListenError('CERTIFICATE_EXPIRED', `${certFile} ended at ${iso(leaf.validToDate)}. ${remedy}`)
  }
  if (now < leaf.validFromDate.getTime()) {
    const remedy = 'Check this machine’s clock, or wait.'
    throw new ListenError('CERTIFICATE_INVALID', `${certFile} begins only at ${iso(leaf.validFromDate)}. ${remedy}`)
  }
  if (!leaf.checkPrivateKey(parseKey(keyFile, key))) {
    const remedy = `See which certificate has that key: openssl pkey -in ${keyFile} -pubout | openssl sha256`
    throw new ListenError('KEY_MISMATCHED', `${keyFile} is not the key of the certificate in ${certFile}. ${remedy}`)
  }
  assertUsable(certFile, { cert, key })
  return { cert, key, notAfter }
}

function read(file: string, code: ListenErrorCode): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unreadable'
    const remedy = `See whether it is there, and who may read it: ls -l ${file}`
    throw new ListenError(code, `${file} cannot be read (${reason}). ${remedy}`, { cause })
  }
}

function parseLeaf(file: string, text: string): X509Certificate {
  try {
    if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error('no PEM')
    return new X509Certificate(text) // the first of the file
  } catch (cause) {
    const remedy = `It should begin with -----BEGIN CERTIFICATE-----. Look at it with: openssl x509 -in ${file} -noout -text`
    throw new ListenError('CERTIFICATE_INVALID', `${file} holds no certificate. ${remedy}`, { cause })
  }
}

function parseKey(file: string, text: string): KeyObject {
  if (/ENCRYPTED/.test(text)) {
    const remedy = `Take the password off, for this machine alone: openssl pkey -in ${file} -out plain.key && chmod 600 plain.key`
    throw new ListenError(
      'KEY_ENCRYPTED',
      `${file} is encrypted, and nobody is here to ask for its password. ${remedy}`,
    )
  }
  try {
    return createPrivateKey(text)
  } catch (cause) {
    const remedy = `It should be PEM. Look at it with: openssl pkey -in ${file} -noout -check`
    throw new ListenError('KEY_INVALID', `${file} holds no private key. ${remedy}`, { cause })
  }
}

/** OpenSSL has its own mind: keys too short, digests too old, a chain that is none. */
function assertUsable(file: string, pair: { cert: string; key: string }): void {
  try {
    createSecureContext(pair)
  } catch (cause) {
    const remedy = 'Have it issued again with a P-256 key, or RSA of 2048 bits or more.'
    throw new ListenError('CERTIFICATE_INVALID', `${file} cannot be used (${(cause as Error).message}). ${remedy}`, {
      cause,
    })
  }
}

const iso = (date: Date): string => date.toISOString().replace('.000Z', 'Z')
