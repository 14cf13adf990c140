/**
 * @module Takes a renewed certificate without a restart: when its files changed, or when asked. A bad one is refused
 * loudly and the old one stays in force.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { type CertificateFiles, readCertificate, type ServerCertificate } from './read-certificate.ts'

export interface FollowOptions {
  files: CertificateFiles
  /** In force now. */
  current: ServerCertificate
  pollMs: number
  use: (certificate: ServerCertificate) => void
  log: Logger
}

export interface FollowedCertificate {
  /** Reads the files now. Throws ListenError, and the old one stays in force. */
  reload(): void
  stop(): void
}

const DAY_MS = 86_400_000
/** Less than this left: said each day. */
const WARN_MS = 14 * DAY_MS

/** Looks at the files' bytes, since a renewal may move a link, and takes them once two looks agree: two files are not replaced in one step. */
export function followCertificate({ files, current, pollMs, use, log }: FollowOptions): FollowedCertificate {
  const digestOf = (cert: string, key: string): string => createHash('sha256').update(cert).update(key).digest('hex')
  let inForce = current
  let judged = digestOf(current.cert, current.key)
  let seen = judged
  let warnedAt = 0

  const reload = (): void => {
    try {
      const next = readCertificate(files)
      use(next)
      inForce = next
      judged = digestOf(next.cert, next.key)
      log.info({ certFile: files.certFile, notAfter: new Date(next.notAfter) }, 'certificate in force')
    } catch (error) {
      log.error({ err: error }, 'the new certificate is refused: the old one stays in force')
      throw error
    }
  }
  const look = async (): Promise<void> => {
    warnOfEnd()
    const [cert, key] = await Promise.all([readFile(files.certFile, 'utf8'), readFile(files.keyFile, 'utf8')])
    const digest = digestOf(cert, key)
    if (digest !== judged && digest === seen) {
      judged = digest
      reload()
    }
    seen = digest
  }
  const warnOfEnd = (): void => {
    const left = inForce.notAfter - Date.now()
    if (left > WARN_MS || Date.now() - warnedAt < DAY_MS) return
    warnedAt = Date.now()
    const text = left > 0 ? 'the certificate ends soon: renew it' : 'the certificate has ended: devices will refuse it'
    log.error({ certFile: files.certFile, notAfter: new Date(inForce.notAfter) }, text)
  }
  // A file that is away for a moment, or refused above: said there, looked at again with its next change.
  const timer = setInterval(() => void look().catch((error) => log.debug({ err: error }, 'certificate')), pollMs)
  timer.unref()
  return { reload, stop: () => clearInterval(timer) }
}
