/**
 * @module Who signed credentials that were refused: sent again, they cost no second recovery. Only the signer is kept,
 * a fact of mathematics; whether it may sign in is asked anew each time, since keys are authorized later. Bounded.
 */
import type { Address } from '../../domain/bytes.ts'

/** About 700 bytes each at the longest client id. */
const MAX_REMEMBERED = 2_048

export class FailedLogins {
  readonly #signers = new Map<string, Address | undefined>()

  /** Returns the signer of what was refused before, else asks `recover`. */
  signer(login: string, recover: () => Address | undefined): Address | undefined {
    return this.#signers.has(login) ? this.#signers.get(login) : recover()
  }

  /** Keeps what was refused; the oldest makes room. */
  remember(login: string, signer: Address | undefined): void {
    if (this.#signers.has(login)) return
    if (this.#signers.size >= MAX_REMEMBERED) this.#signers.delete(this.#signers.keys().next().value ?? '')
    this.#signers.set(login, signer)
  }

  get size(): number {
    return this.#signers.size
  }
}
