import { describe, expect, test } from 'vitest'
import { findPersonalData, suggestPseudonym } from '../../domain/personal-data.ts'

describe('what looks personal in a filter', () => {
  test.each([
    ['home/anna@example.org', 'an e-mail address'],
    ['home/anna.s+x@mail.example.co.uk/temp', 'an e-mail address'],
    ['call/0171 2345678', 'a phone number'],
    ['call/0049-171-2345678/ring', 'a phone number'],
    ['call/(030) 901820-100', 'a phone number'],
    ['net/192.168.1.20', 'an IP address'],
    ['net/fe80::1:2:3/up', 'an IP address'],
    ['pay/DE89370400440532013000', 'a bank account number (IBAN)'],
    ['pay/GB82 WEST 1234 5698 7654 32', 'a bank account number (IBAN)'],
    ['pay/4111111111111111', 'a card number'],
    ['phone/490154203237518', 'a phone’s IMEI'],
    ['net/a4:cf:12:b3:d9:e0/rssi', 'a device’s hardware address (MAC, EUI)'],
    ['net/A4-CF-12-B3-D9-E0', 'a device’s hardware address (MAC, EUI)'],
    ['net/a4cf.12b3.d9e0', 'a device’s hardware address (MAC, EUI)'],
    ['tele/a4cf12b3d9e0/STATE', 'a device’s hardware address (MAC, EUI)'],
    ['zigbee2mqtt/0x00158d0001a2b3c4', 'a device’s hardware address (MAC, EUI)'],
    ['cars/WVWZZZ1JZ3W386752/speed', 'a vehicle’s number (VIN)'],
    ['w/0x7916d52b0c99dd88588677acaef3afedf12fb41a', 'a wallet’s address'],
    ['pos/52.5200,13.4050', 'a place on the map'],
    ['room/mr-smith', 'a person’s name'],
    ['room/Frau Müller/bed', 'a person’s name'],
    ['desk/john.doe', 'a person’s name'],
    ['desk/maria_del_carmen', 'a person’s name'],
    ['patients/4711/pulse', 'a person’s own name or number, after "patients"'],
    ['users/alice', 'a person’s own name or number, after "users"'],
  ])('%j: %s', (filter, looksLike) => {
    expect(findPersonalData(filter).map((finding) => finding.looksLike)).toEqual([looksLike])
  })

  test.each([
    'home/kitchen/temperature',
    'home/living-room/#',
    '/a//b',
    'users/+/status',
    'users/status',
    'users/id-4fa2c1',
    'patients/#',
    'plant/line-3/machine-12/rpm',
    'log/2026-11-26',
    'log/2026-11-26-1200',
    'ota/v1.2.3',
    'ota/10.0.1',
    'sensor/12345678',
    'devices/6f9619ff-8b86-d011-b42d-00cf4fc964ff',
    'dead/beefcafe',
    'jack/socket',
    'mark-iii/x',
    'max-temperature',
    'mrt/station',
    '$SYS/broker/uptime',
  ])('%j: nothing', (filter) => {
    expect(findPersonalData(filter)).toEqual([])
  })

  test('is replaced by a pseudonym that is not found again', () => {
    const filter = 'ward/patients/anna@example.org/pulse'
    const better = suggestPseudonym(filter, findPersonalData(filter), () => '4fa2c1')
    expect(better).toBe('ward/patients/id-4fa2c1/pulse')
    expect(findPersonalData(better)).toEqual([])
  })
})
