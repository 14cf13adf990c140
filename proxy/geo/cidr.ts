/** @module Networks in CIDR notation, and the addresses in them. Pure. */
import { isIPv4, isIPv6 } from 'node:net'

export interface Cidr {
  family: 4 | 6
  /** The network's bits. */
  base: bigint
  prefix: number
}

/** Returns the network, or undefined: no address, no prefix, or bits set beyond the prefix. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address = '', length = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(text) ?? []
  const parsed = parseIp(address)
  const prefix = Number(length)
  if (parsed === undefined || String(prefix) !== length) return undefined
  const bits = parsed.family === 4 ? 32 : 128
  if (prefix > bits) return undefined
  const host = (1n << BigInt(bits - prefix)) - 1n
  return (parsed.value & host) === 0n ? { family: parsed.family, base: parsed.value, prefix } : undefined
}

/** Returns true when the address, as {@link parseIp} gives it, lies in the network. */
export function isInside({ family, value }: Ip, network: Cidr): boolean {
  if (family !== network.family) return false
  const shift = BigInt((family === 4 ? 32 : 128) - network.prefix)
  return value >> shift === network.base >> shift
}

export interface Ip {
  family: 4 | 6
  value: bigint
}

/** Returns the address as a number; undefined for anything but an address (`1.2.3.4 `, `008.8.8.8`, `0x08080808`). */
export function parseIp(text: string): Ip | undefined {
  if (isIPv4(text)) return { family: 4, value: BigInt(fromDotted(text)) }
  const bare = text.split('%')[0]!
  return isIPv6(bare) ? { family: 6, value: fromGroups(bare) } : undefined
}

const fromDotted = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

function fromGroups(text: string): bigint {
  const [head = '', tail] = text.split('::')
  const left = groupsOf(head)
  const right = tail === undefined ? [] : groupsOf(tail)
  const zeros = Array<number>(8 - left.length - right.length).fill(0)
  return [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | BigInt(group), 0n)
}

/** The last two groups may be written as an IPv4 address. */
function groupsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const value = fromDotted(group)
    return [Math.floor(value / 0x1_0000), value % 0x1_0000]
  })
}

/** Returns `::ffff:1.2.3.4`, however it is written, as 1.2.3.4; any other address as it is. */
export function unmapped(ip: Ip): Ip {
  const isMapped = ip.family === 6 && ip.value >> 32n === 0xffffn
  return isMapped ? { family: 4, value: ip.value & 0xffff_ffffn } : ip
}

/** Returns the address as text that every library reads alike. */
export function formatIp({ family, value }: Ip): string {
  const [groups, width, radix] = family === 4 ? [4, 8n, 10] : [8, 16n, 16]
  const parts = Array.from(
    { length: groups },
    (_, i) => (value >> (width * BigInt(groups - 1 - i))) & ((1n << width) - 1n),
  )
  return parts.map((part) => part.toString(radix)).join(family === 4 ? '.' : ':')
}
