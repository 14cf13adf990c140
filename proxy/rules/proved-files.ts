/** @module The files of those who proved themselves lately: one a process, in a folder of the home. Lost or damaged: nobody is known. */
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { z } from 'zod'
import { Proofs, SavedProofs } from './proofs.ts'

export interface ProvedPlace {
  dir: string
  /** Of this process. */
  name: string
}

const File = z.strictObject({ version: z.literal(1), keys: z.array(SavedProofs).max(2) })

export class ProvedFiles {
  readonly #place: ProvedPlace
  readonly #log: Logger
  /** What was read of others, by file, while it stays as it is. */
  readonly #read = new Map<string, { mtimeMs: number; proofs: Proofs[] }>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(place: ProvedPlace, log: Logger) {
    this.#place = place
    this.#log = log
    mkdirSync(place.dir, { recursive: true, mode: 0o700 })
  }

  readOwn(): Proofs[] {
    return this.#parse(this.#nameOf(this.#place.name))
  }

  /** A file that changed is read anew; one that went is forgotten. */
  readOthers(): Proofs[] {
    const own = this.#nameOf(this.#place.name)
    const names = readdirSync(this.#place.dir).filter((name) => name.endsWith('.json') && name !== own)
    for (const name of this.#read.keys()) if (!names.includes(name)) this.#read.delete(name)
    return names.flatMap((name) => {
      const mtimeMs = statSync(join(this.#place.dir, name), { throwIfNoEntry: false })?.mtimeMs ?? 0
      const known = this.#read.get(name)
      const read = known?.mtimeMs === mtimeMs ? known : { mtimeMs, proofs: this.#parse(name) }
      this.#read.set(name, read)
      return read.proofs
    })
  }

  /** Whole or not at all, one after the other. Rejects the disk's error. */
  write(proofs: readonly Proofs[]): Promise<void> {
    const path = join(this.#place.dir, this.#nameOf(this.#place.name))
    const text = JSON.stringify({ version: 1, keys: proofs.map((one) => one.saved()) })
    const writing = this.#last.then(async () => {
      await writeFile(`${path}.tmp`, text, { mode: 0o600 })
      await rename(`${path}.tmp`, path)
    })
    this.#last = writing.catch(() => {})
    return writing
  }

  #nameOf(name: string): string {
    return `${name}.json`
  }

  #parse(name: string): Proofs[] {
    try {
      const text = readFileSync(join(this.#place.dir, name), 'utf8')
      return File.parse(JSON.parse(text)).keys.map((saved) => new Proofs(saved))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#log.warn({ err: error, name }, 'who proved himself lately cannot be read: banned addresses let in nobody')
      return []
    }
  }
}
