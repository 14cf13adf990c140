/**
 * @module A store that is asked for each thing once. It lives as long as one request: all its answers are as of one head,
 * and nothing in it grows old.
 */
import type { AuditStore, PromiseOrValue } from './port.ts'

export function remembered(store: AuditStore): AuditStore {
  return {
    ...store,
    status: once(store.status, () => ''),
    wallet: once(store.wallet, (address, block) => `${address}/${block}`),
    topic: once(store.topic, (id, block) => `${id}/${block}`),
    grant: once(store.grant, (number, block) => `${number}/${block}`),
    recorder: once(store.recorder, (number, block) => `${number}/${block}`),
    batches: once(store.batches, (transaction, recorder) => `${transaction}/${recorder}`),
  }
}

function once<A extends unknown[], R extends PromiseOrValue<unknown>>(
  ask: (...args: A) => R,
  keyOf: (...args: A) => string,
): (...args: A) => R {
  const known = new Map<string, { answer: R }>()
  return (...args) => {
    const key = keyOf(...args)
    const asked = known.get(key) ?? { answer: ask(...args) }
    known.set(key, asked)
    return asked.answer
  }
}
