/**
 * @module Who proved himself from where within a day: a ban on an address is for strangers, not for them (DESIGN section 7).
 * Kept over a restart, and read by the other processes of the same home, as keyed hashes; a key lives two days at most.
 */
import type { Address } from '../../domain/bytes.ts'
import { type Proof, Proofs, REMEMBERED_MS } from './proofs.ts'
import type { ProvedFiles } from './proved-files.ts'

export class ProvedLately {
  readonly #files: ProvedFiles | undefined
  /** The youngest last, which is written to; its predecessor is still asked. */
  #own: Proofs[] = []
  /** Of other processes of this home. */
  #others: Proofs[] = []
  #isSaved = true

  /** Without files: it lives and dies with the process. */
  constructor(files?: ProvedFiles) {
    this.#files = files
    this.#own = files?.readOwn() ?? []
    this.#others = files?.readOthers() ?? []
  }

  remember(proof: Proof, nowMs: number): void {
    this.#turn(nowMs)
    this.#own.at(-1)?.remember(proof, nowMs)
    this.#isSaved = false
  }

  isKnownWallet(proof: Proof, nowMs: number): boolean {
    return this.#all().some((proofs) => proofs.hasWallet(proof, nowMs))
  }

  /** True only for what the device itself sent before: a stranger who knows all names cannot use it up. */
  isKnownCredential(proof: Proof, nowMs: number): boolean {
    return this.#all().some((proofs) => proofs.hasCredential(proof, nowMs))
  }

  /** Forgets the wallet's proofs of that second (Unix) and before, on disk too: its owner asked for erasure. */
  async forget(wallet: Address, before: number): Promise<void> {
    if (before * 1_000 < Date.now() - 2 * REMEMBERED_MS) return // an order of long ago, carried out anew
    const found = this.#all().filter((proofs) => proofs.forget(wallet, before))
    if (found.length === 0 && this.#isSaved) return
    this.#isSaved = false
    await this.save(Date.now())
  }

  /** Drops what is a day old, writes what is new, and reads what others wrote. Called every few seconds. */
  async save(nowMs: number): Promise<void> {
    this.#turn(nowMs)
    for (const proofs of this.#own) if (proofs.expire(nowMs)) this.#isSaved = false
    if (this.#files === undefined) return
    if (!this.#isSaved) {
      this.#isSaved = true
      await this.#files.write(this.#own).catch((error: unknown) => {
        this.#isSaved = false
        throw error
      })
    }
    this.#others = this.#files.readOthers()
  }

  #all(): Proofs[] {
    return [...this.#own, ...this.#others]
  }

  /** A key a day; one whose last entry has expired is destroyed with all that it hid. */
  #turn(nowMs: number): void {
    const last = this.#own.at(-1)
    if (last !== undefined && Math.abs(nowMs - last.since) < REMEMBERED_MS) return
    this.#own = [...this.#own.filter(({ since }) => nowMs - since < 2 * REMEMBERED_MS), Proofs.begin(nowMs)].slice(-2)
    this.#isSaved = false
  }
}
