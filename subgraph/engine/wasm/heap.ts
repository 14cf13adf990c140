/**
 * @module Reads and writes AssemblyScript objects in a mapping's memory. What a mapping points to is not trusted: reads
 * are bounded in sum, so that a lying length exhausts its budget and not us.
 */
import { Buffer } from 'node:buffer'
import type { EntityValue } from '../port.ts'
import { StoreKind, TypeId } from './layout.ts'

/** The mapping, or what it was given, is wrong in a way that every indexer sees alike: the history stops here. */
export class DeterministicError extends Error {
  override readonly name = 'DeterministicError'
}

interface MappingExports {
  memory: WebAssembly.Memory
  __new(size: number, id: number): number
  id_of_type(type: number): number
}

const READ_BUDGET = 16 << 20

export class Heap {
  readonly #exports: MappingExports
  readonly #typeIds: Map<number, number>
  #view: DataView = new DataView(new ArrayBuffer(0))
  #budget = READ_BUDGET

  /** `typeIds` is shared by all instances of a module: they are the same in each. */
  constructor(exports: WebAssembly.Exports, typeIds: Map<number, number>) {
    this.#exports = exports as unknown as MappingExports
    this.#typeIds = typeIds
  }

  /** A new event begins: it has the whole budget. */
  begin(): void {
    this.#budget = READ_BUDGET
  }

  newString(text: string): number {
    const at = this.#allocate(text.length * 2, TypeId.String)
    Buffer.from(this.#exports.memory.buffer).write(text, at, 'utf16le')
    return at
  }

  newBytes(bytes: Uint8Array): number {
    const buffer = this.#allocate(bytes.length, TypeId.ArrayBuffer)
    new Uint8Array(this.#exports.memory.buffer).set(bytes, buffer)
    return this.newRecord(TypeId.Uint8Array, [buffer, buffer, bytes.length])
  }

  newBigInt(value: bigint): number {
    return this.newBytes(toSignedLittleEndian(value))
  }

  /** An object of 32-bit fields: numbers or pointers. */
  newRecord(type: TypeId, fields: readonly number[]): number {
    const at = this.#allocate(fields.length * 4, type)
    const view = this.#memory()
    for (const [i, field] of fields.entries()) view.setUint32(at + i * 4, field, true)
    return at
  }

  newArray(type: TypeId, pointers: readonly number[]): number {
    const buffer = this.newRecord(TypeId.ArrayBuffer as TypeId, pointers)
    return this.newRecord(type, [buffer, buffer, pointers.length * 4, pointers.length])
  }

  /** A tagged value: kind, padding, 64 bits of payload. */
  newTagged(type: TypeId, kind: number, payload: number): number {
    const at = this.#allocate(16, type)
    const view = this.#memory()
    view.setUint32(at, kind, true)
    view.setUint32(at + 4, 0, true)
    view.setBigUint64(at + 8, BigInt(payload), true)
    return at
  }

  newEntity(entity: ReadonlyMap<string, EntityValue>): number {
    const entries = [...entity].map(([name, value]) =>
      this.newRecord(TypeId.TypedMapEntryStringStoreValue, [this.newString(name), this.#newStoreValue(value)]),
    )
    return this.newRecord(TypeId.TypedMapStringStoreValue, [
      this.newArray(TypeId.ArrayTypedMapEntryStringStoreValue, entries),
    ])
  }

  readString(at: number): string {
    const length = this.#u32(nonNull(at) - 4)
    this.#spend(length)
    // As Graph Node: PostgreSQL holds no NUL.
    return Buffer.from(this.#exports.memory.buffer, at, length).toString('utf16le').replaceAll('\0', '')
  }

  readBytes(at: number): Uint8Array {
    const [start, length] = [this.#u32(nonNull(at) + 4), this.#u32(at + 8)]
    this.#spend(length)
    return Buffer.from(new Uint8Array(this.#exports.memory.buffer, start, length)) // copied, into Node's pool
  }

  readBigInt(at: number): bigint {
    return fromSignedLittleEndian(this.readBytes(at))
  }

  /** Returns the fields that a mapping hands to `store.set`; null stands for one that is unset. */
  readEntity(at: number): Map<string, EntityValue | null> {
    const entries = this.readPointers(this.#u32(nonNull(at)))
    return new Map(
      entries.map((entry) => [this.readString(this.#u32(entry)), this.#readStoreValue(this.#u32(entry + 4))]),
    )
  }

  readPointers(at: number): number[] {
    const [start, length] = [this.#u32(nonNull(at) + 4), this.#u32(at + 12)]
    this.#spend(length * 4)
    return Array.from({ length }, (_, i) => this.#u32(start + i * 4))
  }

  #newStoreValue(value: EntityValue): number {
    const tagged = (kind: number, payload: number): number => this.newTagged(TypeId.StoreValue, kind, payload)
    if (typeof value === 'string') return tagged(StoreKind.String, this.newString(value))
    if (typeof value === 'bigint') return tagged(StoreKind.BigInt, this.newBigInt(value))
    if (typeof value === 'boolean') return tagged(StoreKind.Bool, value ? 1 : 0)
    return tagged(StoreKind.Bytes, this.newBytes(value))
  }

  #readStoreValue(at: number): EntityValue | null {
    const [kind, payload] = [this.#u32(nonNull(at)), this.#u32(at + 8)]
    switch (kind) {
      case StoreKind.String:
        return this.readString(payload)
      case StoreKind.Bytes:
        return this.readBytes(payload)
      case StoreKind.BigInt:
        return this.readBigInt(payload)
      case StoreKind.Bool:
        return payload !== 0
      case StoreKind.Int:
        return BigInt(payload | 0)
      case StoreKind.Null:
        return null
      default:
        throw new DeterministicError(`a store value of kind ${kind}, which this schema does not have`)
    }
  }

  #allocate(size: number, type: TypeId): number {
    let id = this.#typeIds.get(type)
    if (id === undefined) {
      id = this.#exports.id_of_type(type)
      this.#typeIds.set(type, id)
    }
    return this.#exports.__new(size, id)
  }

  #u32(at: number): number {
    return this.#memory().getUint32(at, true)
  }

  /** Memory that grew has a new buffer. */
  #memory(): DataView {
    const { buffer } = this.#exports.memory
    if (this.#view.buffer !== buffer) this.#view = new DataView(buffer)
    return this.#view
  }

  #spend(bytes: number): void {
    this.#budget -= bytes + 8
    if (this.#budget < 0) throw new DeterministicError('the mapping made its host read too much')
  }
}

function nonNull(at: number): number {
  if (at === 0) throw new DeterministicError('the mapping handed over null')
  return at
}

/** As num-bigint's `to_signed_bytes_le`: the shortest form with a sign bit. */
function toSignedLittleEndian(value: bigint): Uint8Array {
  if (value >= 0n && value <= Number.MAX_SAFE_INTEGER) return smallLittleEndian(Number(value))
  const bytes: number[] = []
  for (let rest = value; ; rest >>= 8n) {
    const byte = Number(rest & 0xffn)
    bytes.push(byte)
    const next = rest >> 8n
    if ((next === 0n && byte < 0x80) || (next === -1n && byte >= 0x80)) return Uint8Array.from(bytes)
  }
}

/** The same for what a number holds, ten times as fast: most are times, counts and block numbers. */
function smallLittleEndian(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 256)) bytes.push(rest % 256)
  const top = Math.floor(value / 256 ** bytes.length)
  if (top > 0 || bytes.length === 0 || (bytes.at(-1) ?? 0) >= 0x80) bytes.push(top)
  return Uint8Array.from(bytes)
}

function fromSignedLittleEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  if (bytes.length <= 6) return BigInt(Buffer.from(bytes).readIntLE(0, bytes.length))
  const hex = Buffer.from(bytes).reverse().toString('hex')
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`))
}
