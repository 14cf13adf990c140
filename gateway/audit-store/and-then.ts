/** @module What is known at once goes on at once: a promise for each field of each row costs more than the field. */
import type { PromiseOrValue } from './port.ts'

/** Returns what `use` makes of the value: now when it is here, else a promise of it. */
export const andThen = <T, U>(found: PromiseOrValue<T>, use: (value: T) => U): PromiseOrValue<U> =>
  found instanceof Promise ? found.then(use) : use(found)
