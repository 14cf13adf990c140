/** @module A listener alone, with an echo behind it, and certificates for both sides. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { ensureDevelopmentCertificate } from '../../cli/tls/development-certificate.ts'
import { Counters } from '../../proxy/counters.ts'
import { DEFAULT_LIMITS, type Limits } from '../../proxy/limits.ts'
import type { Accepted } from '../../proxy/listen/accepted.ts'
import { AdmissionDesk } from '../../proxy/listen/admission.ts'
import type { ListenerOptions } from '../../proxy/listen/listener-options.ts'
import { openListener } from '../../proxy/listen/open-listener.ts'
import { issueCertificate } from '../../reports/sign/issue-certificate.ts'
import { silent } from './chain.ts'

export interface EchoListener {
  port: number
  accepted: Accepted[]
  stats(): Record<string, number>
  reload(): void
  close(): Promise<void>
}

/** Opens a listener; what it hands on gets its own bytes back. */
export async function openEcho(
  options: Partial<ListenerOptions>,
  limits: Partial<Limits> = {},
  serve: (stream: Duplex) => void = echo,
): Promise<EchoListener> {
  const counters = new Counters()
  const accepted: Accepted[] = []
  const streams = new Set<Duplex>()
  const all = { ...DEFAULT_LIMITS, ...limits }
  const listener = await openListener(
    { host: '127.0.0.1', port: 0, ...options },
    {
      audiences: ['localhost'],
      desk: new AdmissionDesk(all),
      limits: all,
      counters,
      log: silent,
      onAccepted(one) {
        accepted.push(one)
        streams.add(one.stream)
        one.stream.on('error', () => {})
        serve(one.stream)
      },
    },
  )
  return {
    port: listener.port,
    accepted,
    stats: () => counters.snapshot(),
    reload: () => listener.reload(),
    async close() {
      for (const stream of streams) stream.destroy()
      await listener.close()
    },
  }
}

function echo(stream: Duplex): void {
  stream.on('data', (chunk) => stream.write(chunk))
  stream.on('end', () => stream.end())
}

export interface ServerFiles {
  certFile: string
  keyFile: string
  caFile: string
  dir: string
  remove(): void
}

export function serverFiles(): ServerFiles {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-tls-'))
  return { ...ensureDevelopmentCertificate(dir), dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

export const KEY_KINDS = {
  'P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  Ed25519: () => generateKeyPairSync('ed25519'),
  RSA: () => generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  'P-521': () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
} as const

export interface ClientCertificate {
  cert: string
  key: string
  publicKey: KeyObject
  /** Writes both, for tools that want files. */
  files(dir: string): { certFile: string; keyFile: string }
}

/** A certificate that nobody trusts: self-signed with P-256, otherwise from an authority of the moment. */
export function clientCertificate(kind: keyof typeof KEY_KINDS, lifetime = 3_600): ClientCertificate {
  const { privateKey, publicKey } = KEY_KINDS[kind]()
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const now = Math.floor(Date.now() / 1_000)
  const dates = { notBefore: now - 7_200, notAfter: now + lifetime }
  const authority = KEY_KINDS['P-256']().privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const issuer = kind === 'P-256' ? {} : { issuer: { commonName: 'anybody', privateKeyPem: authority } }
  const cert = issueCertificate({ commonName: 'a device', subjectKey: key, ...issuer, ...dates, extensions: [] })
  return {
    cert,
    key,
    publicKey,
    files(dir) {
      const files = { certFile: join(dir, 'device.pem'), keyFile: join(dir, 'device.key') }
      writeFileSync(files.certFile, cert)
      writeFileSync(files.keyFile, key, { mode: 0o600 })
      return files
    },
  }
}
