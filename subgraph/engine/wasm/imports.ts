/** @module The functions of graph-ts that our mapping imports, by name. Any other is refused before the first event. */
import { Buffer } from 'node:buffer'
import type { Logger } from 'pino'
import type { EntityValue } from '../port.ts'
import { DeterministicError, type Heap } from './heap.ts'

/** Where a mapping's entities come from and go to while it runs. */
export interface MappingStore {
  get(entity: string, id: Uint8Array): ReadonlyMap<string, EntityValue> | undefined
  set(entity: string, id: Uint8Array, fields: ReadonlyMap<string, EntityValue | null>): void
}

type HostFunction = (...args: number[]) => number | undefined

const LOG_CRITICAL = 0

/** Returns every function that the engine offers. */
export function hostFunctions(heap: () => Heap, store: MappingStore, log: Logger): Record<string, HostFunction> {
  const h = heap
  const bigInt = (f: (a: bigint, b: bigint) => bigint): HostFunction => {
    return (a = 0, b = 0) => h().newBigInt(f(h().readBigInt(a), h().readBigInt(b)))
  }
  return {
    abort: (message = 0, file = 0, line = 0, column = 0) => {
      const what = message === 0 ? 'no message' : h().readString(message)
      throw new DeterministicError(`aborted at ${file === 0 ? '?' : h().readString(file)}:${line}:${column}: ${what}`)
    },
    'store.get': (entity = 0, id = 0) => {
      const found = store.get(h().readString(entity), idOf(h().readString(id)))
      return found === undefined ? 0 : h().newEntity(found)
    },
    'store.set': (entity = 0, id = 0, fields = 0) => {
      store.set(h().readString(entity), idOf(h().readString(id)), h().readEntity(fields))
      return undefined
    },
    'typeConversion.bytesToHex': (at = 0) => h().newString(`0x${Buffer.from(h().readBytes(at)).toString('hex')}`),
    'typeConversion.bigIntToString': (at = 0) => h().newString(h().readBigInt(at).toString()),
    'bigInt.plus': bigInt((a, b) => a + b),
    'bigInt.minus': bigInt((a, b) => a - b),
    'bigInt.times': bigInt((a, b) => a * b),
    'bigInt.bitOr': bigInt((a, b) => a | b),
    'bigInt.bitAnd': bigInt((a, b) => a & b),
    'bigInt.leftShift': (at = 0, bits = 0) => h().newBigInt(h().readBigInt(at) << BigInt(bits & 0xff)),
    'bigInt.rightShift': (at = 0, bits = 0) => h().newBigInt(h().readBigInt(at) >> BigInt(bits & 0xff)),
    // graph-ts links it into every mapping; ours has no decimals.
    'bigDecimal.toString': () => {
      throw new DeterministicError('decimals are not part of this schema')
    },
    'log.log': (level = 0, message = 0) => {
      const text = h().readString(message)
      if (level === LOG_CRITICAL) throw new DeterministicError(`the mapping gave up: ${text}`)
      log.debug({ text }, 'mapping log')
      return undefined
    },
  }
}

/** Our ids are Bytes: graph-ts hands them over as hex. */
function idOf(text: string): Uint8Array {
  if (!/^0x([0-9a-f]{2})*$/.test(text)) throw new DeterministicError('an id that is no bytes')
  return Buffer.from(text.slice(2), 'hex')
}
