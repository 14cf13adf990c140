/** @module The hand-made mutants of the contract: each a small patch, whose first line says what it breaks. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Mutant {
  name: string
  breaks: string
  file: string
}

const DIR = join(import.meta.dirname, '../contracts/mutants')

export function readMutants(): Mutant[] {
  const files = readdirSync(DIR).filter((file) => file.endsWith('.patch'))
  return files.sort().map((file) => ({
    name: file.slice(0, -'.patch'.length),
    breaks: readFileSync(join(DIR, file), 'utf8').split('\n', 1)[0] ?? '',
    file: join(DIR, file),
  }))
}
