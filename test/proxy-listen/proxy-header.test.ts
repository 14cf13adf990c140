/** The PROXY protocol's header: what a load balancer says of a device is taken exactly, or not at all. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc32c } from '../../proxy/listen/proxy-protocol/crc32c.ts'
import { parseProxyHeader } from '../../proxy/listen/proxy-protocol/parse-header.ts'
import { TrustedSenders } from '../../proxy/listen/proxy-protocol/trusted-senders.ts'
import { fuzzHeaders } from '../support/header-campaign.ts'

const text = (line: string): Buffer => Buffer.from(line, 'latin1')
const SIGNATURE = text('\r\n\r\n\0\r\nQUIT\n')

interface Version2 {
  command?: number
  family?: number
  addresses?: Buffer
  fields?: Buffer
  length?: number
}

const IPV4 = Buffer.from([192, 0, 2, 7, 198, 51, 100, 1, 0x30, 0x39, 0x07, 0x5b])
const ipv6 = (source: string): Buffer =>
  Buffer.concat([Buffer.from(source, 'hex'), Buffer.from('20010db8000000000000000000000001', 'hex'), IPV4.subarray(8)])

function version2({ command = 0x21, family = 0x11, addresses = IPV4, fields, length }: Version2 = {}): Buffer {
  const body = Buffer.concat([addresses, fields ?? Buffer.alloc(0)])
  const size = Buffer.alloc(2)
  size.writeUInt16BE(length ?? body.length)
  return Buffer.concat([SIGNATURE, Buffer.from([command, family]), size, body])
}

const field = (type: number, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 0xff]), value])

/** A header that carries its own checksum, 4 bytes at the very end. */
function withChecksum(): Buffer {
  const header = version2({ fields: field(3, Buffer.alloc(4)) })
  header.writeUInt32BE(crc32c(header), header.length - 4)
  return header
}

const device = (address: string, port: number) => ({ kind: 'header', source: { kind: 'device', address, port } })
const sender = { kind: 'header', source: { kind: 'sender' } }

describe('a header that is one', () => {
  test.each([
    ['TCP4', text('PROXY TCP4 192.0.2.7 198.51.100.1 12345 1883\r\n'), device('192.0.2.7', 12_345)],
    ['TCP6', text('PROXY TCP6 2001:db8::7 2001:db8::1 1 65535\r\n'), device('2001:db8::7', 1)],
    ['TCP6 with an IPv4-mapped source', text('PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n'), device('192.0.2.7', 1)],
    ['UNKNOWN', text('PROXY UNKNOWN\r\n'), sender],
    ['UNKNOWN with words to be ignored', text('PROXY UNKNOWN 1.2.3.999 nobody\r\n'), sender],
    ['version 2 over IPv4', version2(), device('192.0.2.7', 12_345)],
    [
      'version 2 over IPv6',
      version2({ family: 0x21, addresses: ipv6('20010db8000000000000000000000007') }),
      device('2001:db8::7', 12_345),
    ],
    [
      'version 2 with an IPv4-mapped source',
      version2({ family: 0x21, addresses: ipv6('00000000000000000000ffffc0000207') }),
      device('192.0.2.7', 12_345),
    ],
    ['version 2 with fields', version2({ fields: field(0xe0, text('anything')) }), device('192.0.2.7', 12_345)],
    ['version 2 with a right checksum', withChecksum(), device('192.0.2.7', 12_345)],
    ['LOCAL', version2({ command: 0x20, family: 0, addresses: Buffer.alloc(0) }), sender],
    [
      'LOCAL with an address to be skipped',
      version2({ command: 0x20, family: 0x31, addresses: Buffer.alloc(216) }),
      sender,
    ],
    ['an unspecified family', version2({ family: 0, addresses: Buffer.alloc(5) }), sender],
  ])('%s is read, and what follows it is left', (_name, header, expected) => {
    const followed = Buffer.concat([header, text('\x10PROXY')])
    expect(parseProxyHeader(followed)).toEqual({ ...expected, byteLength: header.length })
    for (let cut = 1; cut < header.length; cut++) {
      expect(parseProxyHeader(header.subarray(0, cut))).toEqual({ kind: 'incomplete' })
    }
  })
})

const line = (rest: string): Buffer => text(`PROXY ${rest}\r\n`)

describe('a header that is none', () => {
  test.each([
    ['an octet above 255', line('TCP4 1.2.3.999 1.2.3.4 1 2')],
    ['an octet with a leading zero', line('TCP4 01.2.3.4 1.2.3.4 1 2')],
    ['an address in hex', line('TCP4 0x01020304 1.2.3.4 1 2')],
    ['IPv6 called TCP4', line('TCP4 ::1 ::1 1 2')],
    ['IPv4 called TCP6', line('TCP6 1.2.3.4 1.2.3.4 1 2')],
    ['an address with a zone', line('TCP6 fe80::1%eth0 ::1 1 2')],
    ['port 65536', line('TCP4 1.2.3.4 1.2.3.4 65536 2')],
    ['a port with a leading zero', line('TCP4 1.2.3.4 1.2.3.4 01 2')],
    ['a port with a sign', line('TCP4 1.2.3.4 1.2.3.4 +1 2')],
    ['no destination port', line('TCP4 1.2.3.4 1.2.3.4 1')],
    ['a seventh field', line('TCP4 1.2.3.4 1.2.3.4 1 2 3')],
    ['two spaces', line('TCP4  1.2.3.4 1.2.3.4 1 2')],
    ['a space at the end', line('TCP4 1.2.3.4 1.2.3.4 1 2 ')],
    ['a tab', line('TCP4\t1.2.3.4 1.2.3.4 1 2')],
    ['no family', line('')],
    ['a family in small letters', line('tcp4 1.2.3.4 1.2.3.4 1 2')],
    ['UDP4', line('UDP4 1.2.3.4 1.2.3.4 1 2')],
    ['UNKNOWNS', line('UNKNOWNS')],
    ['the source 0.0.0.0', line('TCP4 0.0.0.0 1.2.3.4 1 2')],
    ['the source ::', line('TCP6 :: ::1 1 2')],
    ['a line that ends with LF alone', text('PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n')],
    ['a CR within the line', text('PROXY TCP4 1.2.3.4\r 1.2.3.4 1 2\r\n')],
    ['CR CR LF', text('PROXY UNKNOWN\r\r\n')],
    ['a LF within the line', text('PROXY UNKNOWN \n\r\n')],
    ['108 bytes with their end', text(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`)],
    ['107 bytes without an end', text(`PROXY UNKNOWN ${'x'.repeat(93)}`)],
    ['version 1 in binary', version2({ command: 0x11 })],
    ['version 3', version2({ command: 0x31 })],
    ['an unknown command', version2({ command: 0x22 })],
    ['UDP over IPv4', version2({ family: 0x12 })],
    ['a UNIX socket', version2({ family: 0x31, addresses: Buffer.alloc(216) })],
    ['an unknown family', version2({ family: 0x41 })],
    ['a length below that of its addresses', version2({ length: 11 })],
    ['the binary source 0.0.0.0', version2({ addresses: Buffer.concat([Buffer.alloc(4), IPV4.subarray(4)]) })],
    ['the binary source ::', version2({ family: 0x21, addresses: ipv6('0'.repeat(32)) })],
    ['a length beyond our bound', version2({ length: 2_033 })],
    ['a field without a length', version2({ fields: Buffer.from([0xe0, 0]) })],
    ['a field that reaches past the header', version2({ fields: Buffer.from([0xe0, 0, 9, 1, 2]) })],
    ['a wrong checksum', version2({ fields: field(3, Buffer.alloc(4)) })],
    ['a checksum of three bytes', version2({ fields: field(3, Buffer.alloc(3)) })],
  ])('%s is refused', (_name, header) => {
    expect(parseProxyHeader(header)).toEqual({ kind: 'invalid', why: expect.any(String) })
  })

  test.each([
    ['CONNECT', text('\x10\x0c\0\x04MQTT')],
    ['a TLS handshake', Buffer.from([0x16, 3, 1])],
    ['PROXY without a space', text('PROXY\r\n')],
    ['almost the signature', text('\r\n\r\n\0\r\nQUIT\r')],
  ])('%s is no header', (_name, bytes) => {
    expect(parseProxyHeader(bytes)).toEqual({ kind: 'missing' })
  })

  test('a line of 107 bytes is the longest', () => {
    const longest = text(`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`)
    expect(longest).toHaveLength(107)
    expect(parseProxyHeader(longest)).toEqual({ ...sender, byteLength: 107 })
  })
})

describe('any bytes', () => {
  const pieces = fc.oneof(
    fc.constantFrom(
      text('PROXY '),
      SIGNATURE,
      text('TCP4 1.2.3.4 1.2.3.4 1 2\r\n'),
      text('UNKNOWN'),
      text('\r\n'),
      version2(),
    ),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  )

  test('get an answer that more of them do not change, and an address that is one', () => {
    const address = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*)$/
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 6 }), fc.nat(300), (parts, cut) => {
        const bytes = Buffer.concat(parts)
        const whole = parseProxyHeader(bytes)
        const part = parseProxyHeader(bytes.subarray(0, cut))
        if (part.kind !== 'incomplete') expect(whole).toEqual(part)
        if (whole.kind !== 'header') return
        expect(whole.byteLength).toBeLessThanOrEqual(bytes.length)
        if (whole.source.kind === 'device') expect(whole.source.address).toMatch(address)
      }),
      { numRuns: 20_000 },
    )
  })
})

test('the checksum is that of RFC 3720', () => {
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a91_36aa)
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8_ab43)
})

describe('trusted senders', () => {
  test('are those in the named networks, and nobody else', () => {
    const senders = new TrustedSenders(['10.0.0.5', '192.168.7.0/24', '2001:db8:1::/48'])
    const trusted = ['10.0.0.5', '192.168.7.255', '2001:db8:1:ffff::9']
    const others = ['10.0.0.6', '192.168.8.0', '2001:db8:2::1', '', 'localhost', '127.0.0.1']
    expect(trusted.map((address) => senders.includes(address))).toEqual([true, true, true])
    expect(others.filter((address) => senders.includes(address))).toEqual([])
  })

  test.each([
    '10.0.0.0/33',
    '10.0.0.0/0',
    '::/0',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0',
    'lb.example.org',
    '',
    '::1%lo',
    '10.0.0.0/-1',
  ])('%j is refused as a network', (text) => {
    expect(() => new TrustedSenders([text])).toThrow(RangeError)
  })
})

test('ten thousand headers, legal, flawed and random, are read as written or refused, whatever the cuts', () => {
  const { accepted, refused } = fuzzHeaders({ seed: Date.now() % 1_000_000_007, headers: 10_000 })
  expect(accepted).toBeGreaterThan(3_600)
  expect(refused).toBeGreaterThan(2_000)
})
