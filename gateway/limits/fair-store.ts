/**
 * @module A store that gives others their turn: it lets the event loop go round after some milliseconds of one request, and
 * ends a request that takes too long. Every field that costs anything asks the store.
 */
import { setImmediate } from 'node:timers/promises'
import type { AuditStore, PromiseOrValue } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'

const TURN_MS = 8

/** `limitMs`: how long the whole request may take. */
export function fairStore(store: AuditStore, limitMs: number): AuditStore {
  const end = performance.now() + limitMs
  let turn = performance.now()
  const nextTurn = async <T>(ask: () => PromiseOrValue<T>): Promise<T> => {
    if (performance.now() - turn > TURN_MS) {
      await setImmediate()
      turn = performance.now()
    }
    if (performance.now() > end) {
      refuse('QUERY_TOO_SLOW', `It took more than ${limitMs / 1_000} seconds. Ask for fewer rows, or a narrower topic.`)
    }
    return ask()
  }
  const fairly =
    <A extends unknown[], T>(ask: (...args: A) => PromiseOrValue<T>) =>
    (...args: A): PromiseOrValue<T> => {
      const now = performance.now()
      return now - turn > TURN_MS || now > end ? nextTurn(() => ask(...args)) : ask(...args)
    }
  const entries = Object.entries(store).map(([name, ask]) => [name, fairly(ask as () => unknown)])
  return Object.fromEntries(entries) as AuditStore
}
