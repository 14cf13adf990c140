/**
 * @module The home: all state of one FlyTrap, in one folder with a schema version. One `up` at a time; what is not ours
 * is never touched.
 */
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { CliError } from '../errors.ts'
import { readJson, writeJson } from './files.ts'

const NAME = '.flytrap'
const SCHEMA = 1
const Marker = z.object({ flytrap: z.literal('home'), schema: z.number().int() })

export interface Home {
  readonly dir: string
  path(...parts: string[]): string
}

/** Returns where the home is: given, set, the nearest `.flytrap` above, or `.flytrap` here. */
export function locateHome(given: string | undefined, cwd = process.cwd()): string {
  if (given !== undefined) return resolve(given)
  for (let dir = cwd; ; dir = dirname(dir)) {
    if (existsSync(join(dir, NAME, 'flytrap.json'))) return join(dir, NAME)
    if (dir === dirname(dir)) return join(cwd, NAME)
  }
}

/** Opens a home. Throws HOME_MISSING, HOME_FOREIGN, HOME_DAMAGED or HOME_NEWER. */
export function openHome(dir: string): Home {
  const marker = join(dir, 'flytrap.json')
  if (!existsSync(marker)) {
    if (existsSync(dir) && readdirSync(dir).length > 0) throw foreign(dir)
    throw new CliError('HOME_MISSING', `There is no home in ${dir}. Make one with: npx flytrap up`)
  }
  const parsed = Marker.safeParse(readJson(marker))
  if (!parsed.success) {
    const remedy = 'Restore it from a backup, or choose another folder with --home: nothing was changed.'
    throw new CliError('HOME_DAMAGED', `${marker} cannot be read. ${remedy}`)
  }
  if (parsed.data.schema > SCHEMA) {
    const remedy = 'Use the flytrap that made it, or a newer one: nothing was changed.'
    throw new CliError(
      'HOME_NEWER',
      `The home ${dir} has schema version ${parsed.data.schema}, newer than ${SCHEMA}. ${remedy}`,
    )
  }
  return { dir, path: (...parts) => join(dir, ...parts) }
}

/** Opens a home, making an empty or absent folder one. */
export function openOrMakeHome(dir: string): Home {
  if (!existsSync(join(dir, 'flytrap.json'))) {
    if (existsSync(dir) && readdirSync(dir).length > 0) throw foreign(dir)
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    writeJson(join(dir, 'flytrap.json'), { flytrap: 'home', schema: SCHEMA })
  }
  return openHome(dir)
}

/** Takes the home for this process. Throws HOME_BUSY with the pid of the `up` that has it. Returns the release. */
export const lockHome = (home: Home): (() => void) => lock(home, 'up')

/** The same for a part of the home that a process of its own works on. */
export function lock(home: Home, part: string): () => void {
  const path = home.path('run', `${part}.pid`)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const holder = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0
  if (holder > 0 && holder !== process.pid && isFlytrap(holder)) {
    const remedy = `End it with: kill ${holder}`
    throw new CliError('HOME_BUSY', `Process ${holder} already runs \`flytrap up\` on ${home.dir}. ${remedy}`)
  }
  rmSync(path, { force: true }) // of a process that was killed
  const file = openSync(path, 'wx', 0o600)
  writeSync(file, String(process.pid))
  closeSync(file)
  return () => rmSync(path, { force: true })
}

/** A pid alone may be somebody else's since a reboot. */
function isFlytrap(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('flytrap')
  } catch {
    return true // no /proc here: rather one refusal too many than two on one journal
  }
}

function foreign(dir: string): CliError {
  const remedy = 'Choose an empty or a new folder with --home: nothing was changed.'
  return new CliError('HOME_FOREIGN', `${dir} is no home of flytrap, and not empty. ${remedy}`)
}
