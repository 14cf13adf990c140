/** @module Mosquitto as a child: persistent, one listener on loopback, nobody without the password. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { BrokerError, type BrokerStart } from './target.ts'

/** Returns an installed Mosquitto of version 2 or later, or undefined. Debian puts it where users' PATHs do not look. */
export function findMosquitto(path = process.env.PATH ?? ''): string | undefined {
  const binary = [...path.split(delimiter), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin']
    .map((folder) => join(folder, 'mosquitto'))
    .find((file) => existsSync(file))
  if (binary === undefined) return undefined
  try {
    const help = execFileSync(binary, ['-h'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return versionOf(help) >= 2 ? binary : undefined
  } catch (error) {
    const help = String((error as { stdout?: unknown }).stdout ?? '') // -h exits with 3
    return versionOf(help) >= 2 ? binary : undefined
  }
}

const versionOf = (help: string): number => Number(/mosquitto version (\d+)/.exec(help)?.[1] ?? 0)

export async function startMosquitto({ dir, port, login, log, binary }: BrokerStart): Promise<ChildProcess> {
  const config = join(dir, 'mosquitto.conf')
  const passwords = join(dir, 'mosquitto.passwd')
  writeFileSync(passwords, `${login.userName}:${login.password}\n`, { mode: 0o600 })
  // -U hashes the file in place: the password never stands in a command line.
  execFileSync(join(binary, '..', '..', 'bin', 'mosquitto_passwd'), ['-U', passwords])
  writeFileSync(config, configOf(dir, port, passwords), { mode: 0o600 })
  // Detached: Ctrl-C reaches the whole foreground group, and the broker must outlive the proxy's drain.
  const child = spawn(binary, ['-c', config], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let lastWords = ''
  const listen = (chunk: Buffer): void => {
    lastWords = (lastWords + chunk).slice(-1_000)
    log.trace({ line: chunk.toString() }, 'mosquitto')
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  const ended = new Promise<never>((_, reject) => {
    const fail = (why: unknown): void =>
      reject(new BrokerError('BROKER_FAILED', `Mosquitto ended: ${why} ${lastWords}`))
    child.once('error', fail)
    child.once('exit', fail)
  })
  ended.catch(() => {}) // later ends are told by `exited`
  await Promise.race([ended, untilListening(port, () => child.exitCode !== null || child.signalCode !== null)])
  return child
}

/** Its log is buffered when it goes to a pipe: whether it listens is seen by connecting. */
async function untilListening(port: number, hasEnded: () => boolean): Promise<void> {
  while (!hasEnded()) {
    const isUp = await new Promise<boolean>((resolve) => {
      const probe = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      probe.once('connect', () => probe.destroy())
    })
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const configOf = (dir: string, port: number, passwords: string): string => `# written by flytrap at each start
${process.getuid?.() === 0 ? 'user root\n' : ''}listener ${port} 127.0.0.1
allow_anonymous false
password_file ${passwords}
persistence true
persistence_location ${dir}/
autosave_interval 1
autosave_on_changes true
max_queued_messages 0
set_tcp_nodelay true
log_dest stdout
`
