/** @module `npm run fuzz [-- NAME …]`: the long runs that `npm test` has a short form of. Without a name, all in turn. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const known = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length))

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const unknown = wanted.find((name) => !known.includes(name))
if (unknown !== undefined) {
  console.error(`There is no fuzz run "${unknown}". Name none for all, or some of: ${known.join(', ')}`)
  process.exit(2)
}
const failed = (wanted.length === 0 ? known : wanted).filter(
  (name) => spawnSync(process.execPath, [join(here, `${name}.ts`)], { stdio: 'inherit' }).status !== 0,
)
process.exit(failed.length === 0 ? 0 : 1)
