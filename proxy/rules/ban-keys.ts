/**
 * @module The ban key: what turns a network into the pseudonym that stands on chain, and who lacks it cannot turn back.
 * Each month's key is the hash of the last, so proxies that share the file once stay in step, and a key that is
 * destroyed cannot be made again from a later one: with it go all addresses of that month.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { z } from 'zod'
import { type Bytes32, concat, fromHex, type Hex, sha256, toHex, utf8 } from '../../domain/bytes.ts'
import { MAX_BAN_MS } from './schema.ts'

const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/)
const KeyFile = z.strictObject({
  version: z.literal(1),
  keys: z.array(z.strictObject({ month: Month, key: z.string().regex(/^0x[0-9a-f]{64}$/) })).min(1),
})

interface MonthKey {
  month: string
  key: Hex
}

export class BanKeyError extends Error {
  override readonly name = 'BanKeyError'
  readonly code = 'BAN_KEY_INVALID'
}

export class BanKeys {
  readonly #path: string | undefined
  #keys: MonthKey[]

  /** Without a path the key lives and dies with the process: bans are shared with nobody. Throws BanKeyError. */
  constructor(path: string | undefined, nowMs: number) {
    this.#path = path
    const isNew = path === undefined || !existsSync(path)
    this.#keys = isNew ? [{ month: monthOf(nowMs), key: toHex(randomBytes(32)) }] : readKeys(path)
    if (isNew) this.#save()
    this.#turn(nowMs)
  }

  /** Returns the pseudonym under which a ban is made now. */
  pseudonym(message: Uint8Array, nowMs: number): Bytes32 {
    this.#turn(nowMs)
    return hmac(this.#keys.at(-1)!, message)
  }

  /** Returns each pseudonym under which a ban may stand that is in force now. */
  pseudonyms(message: Uint8Array, nowMs: number): Bytes32[] {
    this.#turn(nowMs)
    return this.#keys.map((key) => hmac(key, message))
  }

  get months(): string[] {
    return this.#keys.map(({ month }) => month)
  }

  /** Makes the present month's key, and destroys those under which no ban can be in force any more. */
  #turn(nowMs: number): void {
    const last = this.#keys.at(-1)!
    const now = monthOf(nowMs)
    if (last.month >= now && !isSpent(this.#keys[0]!, nowMs)) return // also when the clock steps back
    for (let next = last; next.month < now; ) {
      next = { month: monthAfter(next.month), key: toHex(sha256(concat(utf8('flytrap-ban-key'), fromHex(next.key)))) }
      this.#keys.push(next)
    }
    this.#keys = this.#keys.filter((key, i, all) => i === all.length - 1 || !isSpent(key, nowMs))
    this.#save()
  }

  /** Whole or not at all; what a crash leaves is the file before, from which the same keys follow. */
  #save(): void {
    if (this.#path === undefined) return
    const scratch = `${this.#path}.${process.pid}.tmp` // processes that share the file turn it at the same moment
    const file = openSync(scratch, 'w', 0o600)
    try {
      writeSync(file, `${JSON.stringify({ version: 1, keys: this.#keys }, null, 2)}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(scratch, this.#path)
  }
}

function readKeys(path: string): MonthKey[] {
  try {
    return KeyFile.parse(JSON.parse(readFileSync(path, 'utf8'))).keys as MonthKey[]
  } catch (cause) {
    const remedy =
      'Copy it again from another proxy, or delete it: a new key is made, and bans made under the old one end.'
    throw new BanKeyError(`${path} holds no ban keys. ${remedy}`, { cause })
  }
}

const hmac = ({ key }: MonthKey, message: Uint8Array): Bytes32 =>
  toHex(createHmac('sha256', fromHex(key)).update(message).digest())

const monthOf = (ms: number): string => new Date(ms).toISOString().slice(0, 7)
const startOf = (month: string): number => Date.parse(`${month}-01T00:00:00Z`)

function monthAfter(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 7)
}

const isSpent = ({ month }: MonthKey, nowMs: number): boolean => nowMs > startOf(monthAfter(month)) + MAX_BAN_MS
