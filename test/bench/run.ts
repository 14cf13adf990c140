/** @module `npm run bench -- NAME [--json]`: runs test/bench/NAME.ts, which prints what it measured. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const benchmarks = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts' && !file.startsWith('_'))
  .map((file) => file.slice(0, -'.ts'.length))

const [name, ...rest] = process.argv.slice(2)
if (name === undefined || !benchmarks.includes(name)) {
  console.error(`Usage: npm run bench -- NAME [--json], where NAME is one of: ${benchmarks.join(', ')}`)
  process.exit(2)
}
process.exit(spawnSync(process.execPath, [join(here, `${name}.ts`), ...rest], { stdio: 'inherit' }).status ?? 1)
