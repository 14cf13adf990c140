/** @module PROXY protocol headers by the hundred thousand, legal, flawed, broken and random. Throws on the first surprise. */
import { isIP } from 'node:net'
import { crc32c } from '../../proxy/listen/proxy-protocol/crc32c.ts'
import type { HeaderReading } from '../../proxy/listen/proxy-protocol/header.ts'
import { parseProxyHeader } from '../../proxy/listen/proxy-protocol/parse-header.ts'
import { Dice, damaged } from './packet-parts.ts'

export interface HeaderResult {
  accepted: number
  refused: number
}

/** What is kept of a header at most: a version 2 header says its length in 16 bits. */
const LONGEST = 16 + 65_535
const TAIL = Buffer.from('\x10\x0c\0\x04MQTT', 'latin1')

/** Three eighths legal, the rest flawed, broken or random. */
export function fuzzHeaders({ seed, headers }: { seed: number; headers: number }): HeaderResult {
  const dice = new Dice(seed)
  const result = { accepted: 0, refused: 0 }
  for (let i = 0; i < headers; i++) {
    const kind = dice.roll(8)
    const legal = dice.roll(2) === 0 ? version1(dice) : version2(dice)
    const bytes = kind < 3 ? legal.bytes : kind === 7 ? randomBytes(dice) : flawed(legal.bytes, dice)
    const reading = judged(bytes)
    if (kind < 3) assertRead(reading, legal)
    if (reading.kind === 'header') result.accepted++
    else result.refused++
    if (i % 16 === 0) assertPiecesChangeNothing(bytes, reading)
  }
  return result
}

interface Written {
  bytes: Buffer
  /** Undefined: the sender speaks for itself. */
  address: string | undefined
  port: number
}

function version1(dice: Dice): Written {
  const port = dice.roll(65_536)
  if (dice.roll(8) === 0)
    return { bytes: line(`PROXY UNKNOWN${dice.pick(['', ' 1.2.3.4 x', ' ?'])}`), address: undefined, port }
  const four = dice.roll(2) === 0
  const [source, target] = four ? [ipv4(dice), ipv4(dice)] : [ipv6(dice), ipv6(dice)]
  return { bytes: line(`PROXY TCP${four ? 4 : 6} ${source} ${target} ${port} 1883`), address: source, port }
}

const line = (text: string): Buffer => Buffer.from(`${text}\r\n`, 'latin1')
const ipv4 = (dice: Dice): string => Array.from({ length: 4 }, () => dice.roll(256)).join('.')
const ipv6 = (dice: Dice): string => `2001:db8::${(1 + dice.roll(0xfffe)).toString(16)}`

function version2(dice: Dice): Written {
  const port = dice.roll(65_536)
  const four = dice.roll(2) === 0
  const isLocal = dice.roll(8) === 0
  const isMapped = !four && dice.roll(8) === 0
  const address = four || isMapped ? ipv4(dice) : ipv6(dice)
  const ports = Buffer.of(port >> 8, port & 0xff, 7, 0x5b)
  const source = isMapped ? Buffer.concat([MAPPED, bytesOf(address)]) : bytesOf(address)
  const ends = Buffer.concat([source, bytesOf(four ? '10.0.0.1' : '2001:db8::1'), ports])
  const hasChecksum = dice.roll(3) === 0
  const body = Buffer.concat([ends, fieldsOf(dice), hasChecksum ? field(0x03, 4) : Buffer.alloc(0)])
  const head = Buffer.of(isLocal ? 0x20 : 0x21, four ? 0x11 : 0x21, body.length >> 8, body.length & 0xff)
  const bytes = Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), head, body])
  if (hasChecksum) bytes.writeUInt32BE(crc32c(bytes), bytes.length - 4)
  return { bytes, address: isLocal ? undefined : address, port }
}

/** An IPv4 address as IPv6 writes it is that IPv4 address. */
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

function bytesOf(address: string): Buffer {
  if (address.includes('.')) return Buffer.from(address.split('.').map(Number))
  const bytes = Buffer.from('20010db8000000000000000000000000', 'hex')
  bytes.writeUInt16BE(Number.parseInt(address.split('::')[1] ?? '0', 16), 14)
  return bytes
}

/** Some fields of no meaning. */
function fieldsOf(dice: Dice): Buffer {
  const fields: Buffer[] = []
  for (let i = dice.roll(3); i > 0; i--) fields.push(field(dice.pick([0x01, 0x02, 0x04, 0x20, 0xe0]), dice.roll(40)))
  return Buffer.concat(fields)
}

const field = (type: number, length: number): Buffer =>
  Buffer.concat([Buffer.of(type, 0, length), Buffer.alloc(length)])

/** Bytes changed, or a part put in another's place. */
function flawed(bytes: Buffer, dice: Dice): Buffer {
  if (dice.roll(3) > 0) return damaged(bytes, dice)
  if (dice.roll(8) === 0 && bytes[0] === 0x0d) return Buffer.from(bytes).fill(0, 16, Math.min(bytes.length, 32))
  const text = bytes.toString('latin1').replace(/TCP4 \S+/, (plain) => (dice.roll(8) === 0 ? 'TCP4 0.0.0.0' : plain))
  const [from, to] = dice.pick([
    ['TCP4', 'TCP6'],
    ['TCP6', 'UDP4'],
    [' 1883', ' 01883'],
    [' 1883', ' 65536'],
    ['2001:', '::ffff:1.2.3.4 '],
    ['\r\n', '\n'],
    [' ', '  '],
    ['\r\n', `${'x'.repeat(dice.roll(120))}\r\n`],
    ['\x21\x11', '\x21\x31'],
    ['\x21\x11', '\x31\x11'],
    ['\x21\x11', '\x2f\x12'],
    ['\x21\x21', '\x21\x00'],
  ] as const)
  return Buffer.from(text.replace(from, to), 'latin1')
}

function randomBytes(dice: Dice): Buffer {
  const begin = dice.pick(['', 'PROXY ', 'PROXY TCP4 ', '\r\n\r\n\0\r\nQUIT\n', '\r\n\r\n\0\r\nQUIT\n\x21\x11'])
  const rest = Buffer.from(Array.from({ length: dice.roll(60) }, () => dice.roll(256)))
  return Buffer.concat([Buffer.from(begin, 'latin1'), rest])
}

/** Whatever it says holds together. */
function judged(bytes: Buffer): HeaderReading {
  const reading = parseProxyHeader(bytes)
  if (reading.kind === 'incomplete' && bytes.length > LONGEST) throw new Error(`${bytes.length} bytes are kept`)
  if (reading.kind !== 'header') return reading
  const { byteLength, source } = reading
  if (byteLength < 1 || byteLength > bytes.length) throw new Error(`a header of ${byteLength} in ${bytes.length} bytes`)
  const isDevice = source.kind === 'device'
  if (isDevice && (isIP(source.address) === 0 || source.port < 0 || source.port > 65_535))
    throw new Error(`no address: ${source.address} ${source.port}`)
  return reading
}

function assertRead(reading: HeaderReading, { bytes, address, port }: Written): void {
  const source = reading.kind === 'header' ? reading.source : undefined
  const isSame =
    address === undefined
      ? source?.kind === 'sender'
      : source?.kind === 'device' && source.address === address && source.port === port
  if (!isSame) throw new Error(`read otherwise than written: ${bytes.toString('hex')}: ${JSON.stringify(reading)}`)
}

/** A verdict comes with the byte that decides it, and no later one changes it. */
function assertPiecesChangeNothing(bytes: Buffer, whole: HeaderReading): void {
  const longer = Buffer.concat([bytes, TAIL])
  let first: HeaderReading | undefined
  for (let length = 1; length <= longer.length; length++) {
    const reading = judged(longer.subarray(0, length))
    if (first === undefined && reading.kind !== 'incomplete') first = reading
    if (first !== undefined && JSON.stringify(first) !== JSON.stringify(reading))
      throw new Error(`the verdict changes at byte ${length} of ${longer.toString('hex')}`)
    if (length === bytes.length && JSON.stringify(reading) !== JSON.stringify(whole))
      throw new Error('read twice, differs')
  }
}
