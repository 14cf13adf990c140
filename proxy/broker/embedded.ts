/**
 * @module The embedded broker: an installed Mosquitto as a child, else Aedes in a process of its own. On loopback, with
 * a random password, so that nobody reaches it around the proxy. Started again whenever it ends by itself.
 */
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { startAedes } from './aedes.ts'
import { findMosquitto, startMosquitto } from './mosquitto.ts'
import { supervise } from './supervise.ts'
import type { BrokerLogin, BrokerTarget } from './target.ts'

export type BrokerKind = 'mosquitto' | 'aedes'

export interface EmbeddedBroker {
  kind: BrokerKind
  target: BrokerTarget
  /** Of the present process; another after each restart. */
  readonly pid: number | undefined
  /** How often it ended by itself and was started again. */
  readonly restarts: number
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  dir: string
  port: number
  kind: BrokerKind | 'auto'
  log: Logger
}

/** Starts the broker in `dir`. Rejects BrokerError when it does not come up. */
export async function startEmbeddedBroker({ dir, port, kind, log }: EmbeddedOptions): Promise<EmbeddedBroker> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const login = loginOf(dir)
  const pidFile = join(dir, 'broker.pid')
  await endOrphan(pidFile)
  const mosquitto = kind === 'aedes' ? undefined : findMosquitto()
  const isMosquitto = kind === 'mosquitto' || mosquitto !== undefined
  const startOne = isMosquitto ? startMosquitto : startAedes
  const supervised = await supervise({
    async start(): Promise<ChildProcess> {
      const child = await startOne({ dir, port, login, log, binary: mosquitto ?? 'mosquitto' })
      // A kill of ours here leaves an orphan that the next start does not know of: it fails on the port, and says so.
      if (child.pid !== undefined) writeFileSync(pidFile, String(child.pid), { mode: 0o600 })
      return child
    },
    log,
  })
  return {
    kind: isMosquitto ? 'mosquitto' : 'aedes',
    target: { host: '127.0.0.1', port, tls: false, ...login },
    get pid() {
      return supervised.pid
    },
    get restarts() {
      return supervised.restarts
    },
    async stop() {
      await supervised.stop()
      rmSync(pidFile, { force: true })
    },
  }
}

/** Made at the first start, kept in a file that only its owner reads. */
function loginOf(dir: string): BrokerLogin {
  const path = join(dir, 'password')
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('base64url'), { mode: 0o600 })
  return { userName: 'flytrap', password: readFileSync(path, 'utf8') }
}

/** A killed owner leaves its broker behind, holding the port and the files. Its pid may be somebody else's by now. */
async function endOrphan(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8'))
  if (pid > 1 && /mosquitto|aedes/.test(commandOf(pid))) {
    process.kill(pid, 'SIGTERM')
    for (let i = 0; i < 150 && commandOf(pid) !== ''; i++) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  rmSync(pidFile, { force: true })
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
