/** @module Finds and starts anvil, on loopback only, and ends one that a killed owner left behind. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'

export class AnvilError extends Error {
  override readonly name = 'AnvilError'
  readonly code: 'ANVIL_MISSING' | 'ANVIL_FAILED'

  constructor(code: 'ANVIL_MISSING' | 'ANVIL_FAILED', message: string) {
    super(message)
    this.code = code
  }
}

/** Returns the path of anvil: FLYTRAP_ANVIL, the npm package of this platform, or one on the PATH. */
export function findAnvil(env: NodeJS.ProcessEnv = process.env): string {
  if (env.FLYTRAP_ANVIL !== undefined) return env.FLYTRAP_ANVIL
  const found = packaged() ?? onPath(env.PATH ?? '')
  if (found !== undefined) return found
  const remedy = 'Install Foundry and set FLYTRAP_ANVIL to its anvil, or set FLYTRAP_RPC_URL to a node of yours.'
  throw new AnvilError('ANVIL_MISSING', `No anvil for ${process.platform} ${process.arch} came with npm. ${remedy}`)
}

export interface AnvilOptions {
  binary: string
  port: number
  /** Whole state to begin from; absent: a new chain. */
  loadState: string | undefined
  pidFile: string
  onLine: (line: string) => void
}

/** Starts anvil and resolves with the process once it listens. Rejects AnvilError with its last words. */
export function spawnAnvil({ binary, port, loadState, pidFile, onLine }: AnvilOptions): Promise<ChildProcess> {
  // --accounts 0: nobody knows a key that holds ETH. --order fifo: a recorder's batches keep their order.
  const args = ['--host', '127.0.0.1', '--port', String(port), '--chain-id', '31337', '--accounts', '0']
  args.push('--hardfork', 'prague', '--order', 'fifo', '--slots-in-an-epoch', '1', '--disable-default-create2-deployer')
  if (loadState !== undefined) args.push('--load-state', loadState)
  // Detached: Ctrl-C reaches the whole foreground group, and the last dump must come before the end.
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  if (child.pid !== undefined) writeFileSync(pidFile, String(child.pid), { mode: 0o600 })
  return new Promise((resolve, reject) => {
    let lastWords = ''
    const listen = (chunk: Buffer): void => {
      lastWords = (lastWords + chunk).slice(-2_000)
      onLine(chunk.toString())
      if (lastWords.includes('Listening on')) resolve(child)
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('error', (error) => reject(new AnvilError('ANVIL_FAILED', `anvil did not start: ${error.message}`)))
    child.once('exit', (code) =>
      reject(new AnvilError('ANVIL_FAILED', `anvil ended with ${code}: ${lastWords.trim()}`)),
    )
  })
}

/** Ends the anvil whose pid the file names, if it still is one. It writes no state, so nothing is lost by it. */
export async function endOrphan(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8'))
  if (pid > 1 && commandOf(pid).includes('anvil')) {
    process.kill(pid, 'SIGKILL')
    for (let i = 0; i < 100 && commandOf(pid) !== ''; i++) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  rmSync(pidFile, { force: true })
}

/** What runs under a pid, or nothing: a pid alone may have been given to somebody else since. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function packaged(): string | undefined {
  const platform = process.platform === 'win32' ? 'win32' : process.platform
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  try {
    const manifest = createRequire(import.meta.url).resolve(`@foundry-rs/anvil-${platform}-${arch}/package.json`)
    const path = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil')
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

function onPath(path: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, 'anvil'))
    .find((file) => existsSync(file))
}
