/** @module The scalars: strict in, one spelling out. */
import { getAddress } from 'ethers'
import { GraphQLScalarType, Kind, type ValueNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Address, Hex } from '../../domain/bytes.ts'
import { refuse } from '../errors.ts'

/** Stands for "for ever" in the contract: the largest uint40. */
export const FOREVER = 2 ** 40 - 1

const textOf = (node: ValueNode): unknown =>
  node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : undefined

function scalar<T>(name: string, parse: (value: unknown) => T, serialize: (value: T) => string): GraphQLScalarType {
  return new GraphQLScalarType({
    name,
    parseValue: parse,
    parseLiteral: (node) => parse(textOf(node)),
    serialize: (value) => serialize(value as T),
  })
}

/** All in one case, or with a right EIP-55 checksum. */
function parseAddress(value: unknown): Address {
  try {
    if (typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value))
      return getAddress(value).toLowerCase() as Address
  } catch {
    // a checksum that does not fit: a typing mistake
  }
  refuse('BAD_ADDRESS', 'An address is 0x and 40 hex digits, in lower case or with its EIP-55 checksum.')
}

/** A checksum is a Keccak hash, and a page says the same few addresses again and again. */
const spellings = new LRUCache<Address, string>({ max: 4_096 })

function spellAddress(address: Address): string {
  const known = spellings.get(address)
  if (known !== undefined) return known
  const spelling = getAddress(address)
  spellings.set(address, spelling)
  return spelling
}

function parseBytes(value: unknown): Hex {
  if (typeof value === 'string' && /^0x([0-9a-fA-F]{2})*$/.test(value)) return value.toLowerCase() as Hex
  refuse('BAD_BYTES', 'Bytes are 0x and hex digits, two a byte.')
}

function parseBigInt(value: unknown): bigint {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text === 'string' && /^\d{1,18}$/.test(text)) return BigInt(text)
  refuse('BAD_NUMBER', 'A BigInt is a whole number from 0 up, of at most 18 digits, as a string.')
}

const TIME = /^(\d{4})-(\d{2})-(\d{2})(T\d{2}:\d{2}(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/

/** Returns Unix seconds. A date alone is its first second in UTC. */
function parseTime(value: unknown): number {
  const [text, year, month, day] = (typeof value === 'string' && TIME.exec(value)) || []
  const ms = text === undefined ? Number.NaN : Date.parse(text)
  // Date.parse takes 31 February for 3 March.
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  if (ms >= 0 && Number(day) <= daysInMonth) return Math.floor(ms / 1_000)
  refuse('BAD_TIME', 'A time is ISO 8601, such as 2026-11-24T09:30:00Z, or a date.')
}

const DAY = 86_400
/** The day that was spelled last: the times of a page stand in few, and a Date costs ten times the rest. */
let spelledDay = { start: 0, text: '1970-01-01' }
const digits = (number: number): string => (number < 10 ? `0${number}` : String(number))

/** Of whole seconds. */
function isoTime(seconds: number): string {
  const rest = seconds % DAY
  const start = seconds - rest
  if (start !== spelledDay.start) {
    const [text = ''] = new Date(start * 1_000).toISOString().split('T')
    spelledDay = { start, text }
  }
  return `${spelledDay.text}T${digits(Math.floor(rest / 3_600))}:${digits(Math.floor(rest / 60) % 60)}:${digits(rest % 60)}Z`
}

export const scalars = {
  Address: scalar<Address>('Address', parseAddress, spellAddress),
  Bytes: scalar<Hex>('Bytes', parseBytes, (value) => value),
  BigInt: scalar<bigint | number>('BigInt', parseBigInt, (value) => value.toString()),
  Time: scalar<number>('Time', parseTime, isoTime),
}
