/** @module The command as people run it: `flytrap up` as a child in a home of its own, and other commands beside it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const ENTRY = resolve(import.meta.dirname, '../../cli/bin/flytrap.mjs')

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export interface ReadyLine {
  ready: true
  mqtt: string
  gateway: string
  rpc: string
  contract: `0x${string}`
  broker: string
  home: string
  mqtts: string
  ws: string
  wss: null
  caFile: string
  metrics: string
}

const ANY_PORTS = {
  FLYTRAP_MQTT_PORT: '0',
  FLYTRAP_MQTTS_PORT: '0',
  FLYTRAP_WS_PORT: '0',
  FLYTRAP_GATEWAY_PORT: '0',
  FLYTRAP_CHAIN_PORT: '0',
  FLYTRAP_BROKER_PORT: '0',
  FLYTRAP_METRICS_PORT: '0',
}

/** What a test sets; nothing of the machine's own FLYTRAP_ settings leaks in. */
function environment(more: Record<string, string>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('FLYTRAP_'))
  return { ...Object.fromEntries(own), NO_COLOR: '1', ...more }
}

/** Runs one command to its end. */
export function flytrap(args: readonly string[], env: Record<string, string> = {}, cwd?: string): Promise<Ended> {
  return new Promise((resolveEnd) => {
    const options = {
      env: environment(env),
      stdio: ['ignore', 'pipe', 'pipe'] as const,
      ...(cwd === undefined ? {} : { cwd }),
    }
    const child = spawn(process.execPath, [ENTRY, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.on('close', (code) => resolveEnd({ code, stdout, stderr }))
  })
}

export interface Up {
  ready: ReadyLine
  child: ChildProcess
  home: string
  /** All lines of stdout so far. */
  lines: string[]
  /** Runs a command on this home. */
  run(...args: string[]): Promise<Ended>
  /** Runs a command with --json and returns its lines. Throws with its words when it fails. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are judged by what they hold
  json(...args: string[]): Promise<any[]>
  /** Ends it as Ctrl-C does. Resolves with the exit code. */
  interrupt(): Promise<number | null>
  kill(): Promise<void>
}

export const newHome = (): string => join(mkdtempSync(join(tmpdir(), 'flytrap-home-')), 'home')

/** Starts `flytrap up --json`. Rejects with its words when it is not ready. */
export async function startUp(home = newHome(), env: Record<string, string> = {}): Promise<Up> {
  const settings = environment({ ...ANY_PORTS, ...env })
  const child = spawn(process.execPath, [ENTRY, 'up', '--json', '--home', home], { env: settings })
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  const lines: string[] = []
  let words = ''
  child.stderr.on('data', (chunk) => {
    words += chunk
  })
  const ready = await new Promise<ReadyLine>((done, fail) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      if (lines.length === 1) done(JSON.parse(line))
    })
    exited.then((code) => fail(new Error(`up ended with ${code}: ${words}`)))
  })
  return {
    ready,
    child,
    home,
    lines,
    run: (...args) => flytrap([...args, '--home', home]),
    async json(...args) {
      const { code, stdout, stderr } = await flytrap([...args, '--json', '--home', home])
      if (code !== 0) throw new Error(stderr)
      return stdout
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    },
    interrupt() {
      child.kill('SIGINT')
      return exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Removes the home, and ends what a killed `up` left behind. */
export function removeHome(home: string): void {
  for (const file of ['chain/anvil.pid', 'broker/broker.pid']) {
    const path = join(home, file)
    const pid = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0
    try {
      if (pid > 1) process.kill(pid, 'SIGKILL')
    } catch {
      // it ended by itself
    }
  }
  rmSync(resolve(home, '..'), { recursive: true, force: true })
}
