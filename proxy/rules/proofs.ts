/**
 * @module Who proved himself from where, under one key: keyed hashes alone, so that without the key they say nothing, and
 * with the key gone neither does any copy. Bounded; the one that was longest away makes room.
 */
import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Address } from '../../domain/bytes.ts'

export interface Proof {
  network: string
  wallet: Address
  clientId: string
  /** The credential as it was sent, if it was one: nobody else can send it. */
  password?: Uint8Array | undefined
}

export const REMEMBERED_MS = 24 * 3_600_000
const MAX_REMEMBERED = 65_536
/** Nobody can try tags against a key that he does not have. */
const TAG_BYTES = 12

const Entries = z.array(z.tuple([z.string(), z.number()])).max(MAX_REMEMBERED)
export const SavedProofs = z.strictObject({
  key: z.string().regex(/^[\w-]{43}$/),
  since: z.number(),
  wallets: Entries,
  credentials: Entries,
})

type Saved = z.output<typeof SavedProofs>

export class Proofs {
  /** Made once: four tags a login from raw bytes cost a tenth of it. */
  readonly #key: KeyObject
  /** Unix milliseconds. */
  readonly since: number
  /** When a wallet last proved itself from a network, the youngest last. */
  readonly #wallets: Map<string, number>
  /** Credentials that proved something. */
  readonly #credentials: Map<string, number>

  constructor({ key, since, wallets, credentials }: Saved) {
    this.#key = createSecretKey(key, 'base64url')
    this.since = since
    this.#wallets = new Map(wallets)
    this.#credentials = new Map(credentials)
  }

  static begin(nowMs: number): Proofs {
    return new Proofs({ key: randomBytes(32).toString('base64url'), since: nowMs, wallets: [], credentials: [] })
  }

  remember(proof: Proof, nowMs: number): void {
    put(this.#wallets, this.#walletKey(proof), nowMs)
    if (proof.password !== undefined) put(this.#credentials, this.#credentialKey(proof), nowMs)
  }

  hasWallet(proof: Proof, nowMs: number): boolean {
    return isRecent(this.#wallets.get(this.#walletKey(proof)), nowMs)
  }

  hasCredential(proof: Proof, nowMs: number): boolean {
    return proof.password !== undefined && isRecent(this.#credentials.get(this.#credentialKey(proof)), nowMs)
  }

  /** Forgets the wallet, wherever it was in that second (Unix) and before. Returns whether it was anywhere. */
  forget(wallet: Address, before: number): boolean {
    const owner = this.#ownerTag(wallet)
    let found = false
    for (const map of [this.#wallets, this.#credentials])
      for (const [key, at] of map) if (at < (before + 1) * 1_000 && key.startsWith(owner)) found = map.delete(key)
    return found
  }

  /** Forgets what is a day old. Returns whether there was any. */
  expire(nowMs: number): boolean {
    let found = false
    for (const map of [this.#wallets, this.#credentials]) {
      for (const [key, at] of map) {
        if (nowMs - at < REMEMBERED_MS) break // the youngest last
        found = map.delete(key)
      }
    }
    return found
  }

  saved(): Saved {
    const key = this.#key.export().toString('base64url')
    return { key, since: this.since, wallets: [...this.#wallets], credentials: [...this.#credentials] }
  }

  #ownerTag(wallet: Address): string {
    return this.#tag(['owner', wallet])
  }

  #walletKey({ network, wallet }: Proof): string {
    return this.#ownerTag(wallet) + this.#tag(['place', network, wallet])
  }

  #credentialKey({ network, wallet, clientId, password = new Uint8Array() }: Proof): string {
    const place = ['credential', network, wallet, String(clientId.length), clientId]
    return this.#ownerTag(wallet) + this.#tag(place, password)
  }

  #tag(words: readonly string[], bytes: Uint8Array = new Uint8Array()): string {
    const mac = createHmac('sha256', this.#key)
      .update(`${words.join(' ')} `)
      .update(bytes)
    return mac.digest().subarray(0, TAG_BYTES).toString('base64url')
  }
}

const isRecent = (at: number | undefined, nowMs: number): boolean => at !== undefined && nowMs - at < REMEMBERED_MS

function put(map: Map<string, number>, key: string, nowMs: number): void {
  map.delete(key)
  if (map.size >= MAX_REMEMBERED) map.delete(map.keys().next().value ?? '')
  map.set(key, nowMs)
}
