/** @module Version 1: one line of text, `PROXY TCP4 source destination sourcePort destinationPort` and CR LF. Pure. */
import { isIPv4, isIPv6 } from 'node:net'
import { plainAddress } from '../../address.ts'
import type { HeaderReading } from './header.ts'

/** The longest line there is, CR and LF counted: whoever sends more has no header. */
export const MAX_VERSION_1_BYTES = 107

export function parseVersion1(bytes: Buffer): HeaderReading {
  const line = bytes.subarray(0, MAX_VERSION_1_BYTES)
  const end = line.indexOf('\r\n', 0, 'latin1')
  const text = line.toString('latin1', 0, end === -1 ? line.length : end)
  // A CR at the end of what came so far may be half of the line's end; nowhere else may one stand, nor a LF at all.
  const stray = end === -1 && line.length < MAX_VERSION_1_BYTES ? /\r(?!$)|\n/ : /[\r\n]/
  if (stray.test(text)) return invalid('the line has a CR or LF of its own')
  if (end !== -1) return readLine(text, end + 2)
  return line.length < MAX_VERSION_1_BYTES ? { kind: 'incomplete' } : invalid('the line has no end within 107 bytes')
}

function readLine(text: string, byteLength: number): HeaderReading {
  // Whatever follows UNKNOWN must be ignored: the sender does not know.
  if (/^PROXY UNKNOWN( |$)/.test(text)) return { kind: 'header', byteLength, source: { kind: 'sender' } }
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = '', ...more] = text.split(' ')
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isPlainIPv6 : undefined
  if (isAddress === undefined) return invalid('the family is neither TCP4, TCP6 nor UNKNOWN')
  if (more.length > 0) return invalid('the line has too many fields')
  if (!isAddress(source) || !isAddress(destination)) return invalid('an address is none of its family')
  if (!isPort(sourcePort) || !isPort(destinationPort)) return invalid('a port is none')
  const address = plainAddress(source)
  if (isUnspecified(address)) return invalid('the source is no device’s address')
  return { kind: 'header', byteLength, source: { kind: 'device', address, port: Number(sourcePort) } }
}

/** A zone (`%eth0`) means nothing off the sender. */
const isPlainIPv6 = (text: string): boolean => isIPv6(text) && !text.includes('%')

const isPort = (text: string): boolean => /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535

/** `0.0.0.0` and all spellings of `::`. */
export const isUnspecified = (address: string): boolean => /^[0:.]+$/.test(address)

const invalid = (why: string): HeaderReading => ({ kind: 'invalid', why })
