/** @module A device's address, and the network that strangers are counted by: /32 or /64. Pure. */
import { isIPv4, isIPv6 } from 'node:net'

/** Returns the address with an IPv4-mapped IPv6 one unmapped: `::ffff:1.2.3.4` is 1.2.3.4. */
export function plainAddress(address: string | undefined): string {
  const text = address ?? ''
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1]
  return mapped !== undefined && isIPv4(mapped) ? mapped : text
}

/** Returns `1.2.3.4/32` or the first four groups of an IPv6 address with `/64`. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return `${address}/32`
  const [head = '', tail] = address.split('%')[0]!.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/** Returns true for names and addresses that never leave this machine. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
