/**
 * @module Nonces of sign-in: each serves once, for five minutes. One that was only asked for is kept nowhere, so that asking
 * for many fills nothing; only those that a valid signature used up are remembered, until they would have run out.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export interface Nonces {
  issue(): string
  /** What the nonce is good for; of a fresh one `use` makes a used one. */
  look(nonce: string): 'fresh' | 'used' | 'expired' | 'unknown'
  use(nonce: string): void
}

const LIFETIME_MS = 5 * 60_000
/** Random 16, time 12, mark 32: hex digits, since EIP-4361 wants letters and digits alone. */
const SHAPE = /^([0-9a-f]{28})([0-9a-f]{32})$/

export function createNonces(now: () => number = Date.now): Nonces {
  // Of this process alone: a nonce does not survive a restart, and no key has to be kept for it.
  const secret = randomBytes(32)
  const used = new Map<string, number>()
  const markOf = (text: string): string => createHmac('sha256', secret).update(text).digest('hex').slice(0, 32)
  return {
    issue() {
      const text = randomBytes(8).toString('hex') + now().toString(16).padStart(12, '0')
      return text + markOf(text)
    },
    look(nonce) {
      const [, text, mark] = SHAPE.exec(nonce) ?? []
      if (text === undefined || mark === undefined) return 'unknown'
      if (!timingSafeEqual(Buffer.from(mark), Buffer.from(markOf(text)))) return 'unknown'
      const age = now() - Number.parseInt(text.slice(16), 16)
      if (age < 0 || age > LIFETIME_MS) return 'expired'
      return used.has(nonce) ? 'used' : 'fresh'
    },
    use(nonce) {
      for (const [old, at] of used) {
        if (now() - at <= LIFETIME_MS) break // in the order of use
        used.delete(old)
      }
      used.set(nonce, now())
    },
  }
}
