import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { formatIp, parseCidr, parseIp } from '../../proxy/geo/cidr.ts'
import { Countries } from '../../proxy/geo/countries.ts'
import { type CountryDatabase, GeoError, openDatabase } from '../../proxy/geo/database.ts'

const scratch = mkdtempSync(join(tmpdir(), 'flytrap-geo-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('where an address is', () => {
  const bundled = openDatabase()
  const countries = new Countries(bundled)

  test('is told by the bundled database, with the date on which it was built', () => {
    expect(countries.locate('8.8.8.8')).toEqual({ country: 'US', geoDate: bundled.date })
    expect(countries.locate('193.0.6.139')).toMatchObject({ country: 'NL' })
    expect(bundled.date).toMatch(/^20\d\d-\d\d-\d\d$/)
  })

  test.each(['::ffff:8.8.8.8', '::ffff:0808:0808', '0:0:0:0:0:ffff:8.8.8.8'])(
    'is that of the IPv4 address in %s',
    (address) => expect(countries.locate(address)).toMatchObject({ country: 'US' }),
  )

  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.1.1',
    '::1',
    'fe80::1%eth0',
    'fd00::1',
    '::ffff:10.0.0.1',
  ])('is unknown for %s, whatever a database claims', (address) => {
    const australian: CountryDatabase = { file: '', date: '2026-01-01', country: () => 'AU' }
    expect(new Countries(australian).locate(address)).toEqual({})
  })

  test.each(['', '8.8.8.8 ', '008.8.8.8', '0x08080808', '134744072', '8.8.8', 'localhost', '8.8.8.8/32'])(
    'is unknown for %j, which is no address',
    (address) => expect(countries.locate(address)).toEqual({}),
  )

  test('is what the narrowest override says', () => {
    const own = new Countries(bundled)
    own.setOverrides({ '10.0.0.0/8': 'DE', '10.1.0.0/16': 'FR', '8.8.8.8/32': 'CH', '2001:db8::/32': 'JP' })
    const told = ['10.2.0.1', '10.1.0.1', '::ffff:10.1.0.1', '8.8.8.8', '8.8.4.4', '2001:db8::9'].map(
      (a) => own.locate(a).country,
    )
    expect(told).toEqual(['DE', 'FR', 'FR', 'CH', 'US', 'JP'])
    expect(own.locate('10.1.0.1')).toEqual({ country: 'FR' })
  })
})

describe('a database', () => {
  test('that is absent, damaged or of something else is refused with what to do', () => {
    const noise = join(scratch, 'noise.mmdb')
    writeFileSync(noise, Buffer.alloc(4_096, 7))
    for (const file of [join(scratch, 'absent.mmdb'), noise, scratch])
      expect(() => openDatabase(file)).toThrow(GeoError)
    expect(() => openDatabase(noise)).toThrow(/unset FLYTRAP_GEOIP/)
  })
})

describe('a network', () => {
  test.each([
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.1/8',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '::1/64',
    'fe80::%1/64',
    'a/8',
    '/8',
  ])('%s is none', (text) => expect(parseCidr(text)).toBeUndefined())

  test.each(['::', '1::8', '2001:db8::ff00:42:8329', '::ffff:1.2.3.4', '1:2:3:4:5:6:7:8', '255.0.0.1'])(
    'and the address %s are read as numbers and written back',
    (text) => expect(parseIp(formatIp(parseIp(text)!))).toEqual(parseIp(text)),
  )
})
