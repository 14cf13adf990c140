/**
 * @module A store that is asked for each thing once. It lives as long as one request: all its answers are as of one head,
 * and nothing in it grows old.
 */
import type { AuditStore } from './port.ts'

export function remembered(store: AuditStore): AuditStore {
  return {
    ...store,
    status: once(store.status, () => ''),
    topic: once(store.topic, (id, block) => `${id}/${block}`),
    grant: once(store.grant, (number, block) => `${number}/${block}`),
    recorder: once(store.recorder, (number, block) => `${number}/${block}`),
    batches: once(store.batches, (transaction, recorder) => `${transaction}/${recorder}`),
  }
}

function once<A extends unknown[], T>(
  ask: (...args: A) => Promise<T>,
  keyOf: (...args: A) => string,
): (...args: A) => Promise<T> {
  const known = new Map<string, Promise<T>>()
  return (...args) => {
    const key = keyOf(...args)
    const answer = known.get(key) ?? ask(...args)
    known.set(key, answer)
    return answer
  }
}
