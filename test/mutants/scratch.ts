/** @module A copy of the project in which the contract can be broken and tested, again and again. */
import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface Ran {
  ok: boolean
  output: string
}

export interface Scratch {
  dir: string
  run(program: string, ...args: string[]): Promise<Ran>
  remove(): void
}

const ROOT = join(import.meta.dirname, '../..')
// As much of the long differential run as `npm test` plays.
const ENV = { FLYTRAP_WORLDS: '1', FLYTRAP_SEED: '1' }

export async function createScratch(): Promise<Scratch> {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-mutants-'))
  const listed = await runIn(ROOT, 'git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  for (const path of listed.output.split('\0')) {
    if (path === '' || !existsSync(join(ROOT, path))) continue
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    copyFileSync(join(ROOT, path), join(dir, path))
  }
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
  return scratchIn(dir)
}

/** Returns a copy with all that was compiled so far: only what a mutant touches is compiled again. */
export function cloneScratch(from: Scratch): Scratch {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-mutants-'))
  cpSync(from.dir, dir, { recursive: true, verbatimSymlinks: true })
  return scratchIn(dir)
}

function scratchIn(dir: string): Scratch {
  return {
    dir,
    run: (program, ...args) => runIn(dir, program, args),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

function runIn(cwd: string, program: string, args: readonly string[]): Promise<Ran> {
  const options = { cwd, env: { ...process.env, ...ENV }, maxBuffer: 2 ** 28 }
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) =>
      resolve({ ok: error === null, output: `${stdout}${stderr}` }),
    )
  })
}
