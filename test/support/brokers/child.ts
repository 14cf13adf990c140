/** @module A broker as a child process of a test, with a scratch folder: ended for certain, whatever the test did. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BrokerPool } from '../../../proxy/broker/pool.ts'
import type { BrokerTarget } from '../../../proxy/broker/target.ts'
import { silent } from '../chain.ts'

export interface Child {
  process: ChildProcess
  stop(): Promise<void>
}

export const scratchFolder = (name: string): string => mkdtempSync(join(tmpdir(), `flytrap-${name}-`))

/** Resolves once `port` takes connections. Rejects with the child's last words when it ends first. */
export async function startChild(command: string, args: readonly string[], options: ChildOptions): Promise<Child> {
  const { env, dir, port } = options
  const child = spawn(command, args, { env: { ...process.env, ...env }, cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] })
  let words = ''
  const listen = (chunk: Buffer): void => {
    words = (words + chunk).slice(-2_000)
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  // A test that is killed must not leave a broker behind.
  const end = (): boolean => child.kill('SIGKILL')
  process.once('exit', end)
  let hasEnded = false
  const ended = exited.then(() => {
    hasEnded = true
    process.off('exit', end)
    throw new Error(`${command} ended: ${words}`)
  })
  ended.catch(() => {})
  await Promise.race([ended, untilOpen(port, () => hasEnded)])
  return {
    process: child,
    async stop() {
      child.kill('SIGTERM')
      const hard = setTimeout(() => child.kill('SIGKILL'), 8_000)
      await exited
      clearTimeout(hard)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

interface ChildOptions {
  env?: Record<string, string>
  dir: string
  port: number
}

async function untilOpen(port: number, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Waits until the broker takes the proxy's login. */
export async function untilLetIn(target: BrokerTarget): Promise<void> {
  const pool = new BrokerPool({ targets: [target], pace: { retryMs: 100 }, log: silent })
  await pool.start()
  while (pool.status()[0]?.state !== 'up') await new Promise((resolve) => setTimeout(resolve, 50))
  pool.stop()
}
