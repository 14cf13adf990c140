/** @module Debian's tools that check us from outside. Missing ones are skipped loudly; where CI is set they must be there. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Returns whether `tool` is installed. Throws where CI=true and it is not. */
export const hasTool = (tool: string, debianPackage: string): boolean =>
  isHere(spawnSync('which', [tool]).status === 0, tool, debianPackage)

/** The same for a header or module, which no command shows. */
export const hasFile = (path: string, debianPackage: string): boolean => isHere(existsSync(path), path, debianPackage)

function isHere(isFound: boolean, what: string, debianPackage: string): boolean {
  if (isFound) return true
  const text = `${what} is missing: apt-get install --no-install-recommends ${debianPackage}`
  if (process.env.CI === 'true') throw new Error(text)
  console.warn(`SKIPPED: ${text}`)
  return false
}

/** Returns what the tool says on both streams. */
export function runTool(tool: string, args: readonly string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' })
  return { status, text: `${stdout}${stderr}` }
}

/** Runs the tool while this process goes on serving it. */
export function startTool(
  tool: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; text: string }> {
  const child = spawn(tool, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  const read = (chunk: Buffer): void => {
    text += chunk
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve({ code, text })))
}
