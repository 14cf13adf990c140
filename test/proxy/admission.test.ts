/** Who may still come in. */
import { describe, expect, test } from 'vitest'
import type { Admission } from '../../proxy/listen/accepted.ts'
import { AdmissionDesk } from '../../proxy/listen/admission.ts'

const limits = { connections: 6, connectionsPerAddress: 3, unauthenticated: 4, unauthenticatedPerAddress: 2 }

function admitted(place: ReturnType<AdmissionDesk['enter']>): Admission {
  if (typeof place === 'string') throw new Error(place)
  return place
}

describe('the desk at accept', () => {
  test('stops an address that holds too many unproved connections, and no other', () => {
    const desk = new AdmissionDesk(limits)
    for (let i = 0; i < 2; i++) admitted(desk.enter('192.0.2.1'))
    expect(desk.enter('192.0.2.1')).toBe('unauthenticatedPerAddress')
    admitted(desk.enter('192.0.2.2'))
  })

  test('stops everybody while too many are unproved, until one proves itself', () => {
    const desk = new AdmissionDesk(limits)
    const places = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].map((address) => admitted(desk.enter(address)))
    expect(desk.enter('192.0.2.5')).toBe('unauthenticated')
    places[0]!.proved()
    admitted(desk.enter('192.0.2.5'))
  })

  test('counts the proven ones by address and in all', () => {
    const desk = new AdmissionDesk(limits)
    for (let i = 0; i < 3; i++) admitted(desk.enter('192.0.2.1')).proved()
    expect(desk.enter('192.0.2.1')).toBe('connectionsPerAddress')
    for (let i = 0; i < 3; i++) admitted(desk.enter('192.0.2.2')).proved()
    expect(desk.enter('192.0.2.3')).toBe('connections')
  })

  test('takes a whole /64 for one address, which one stranger holds', () => {
    const desk = new AdmissionDesk(limits)
    admitted(desk.enter('2001:db8::1'))
    admitted(desk.enter('2001:db8::ffff:2'))
    expect(desk.enter('2001:db8:0:0:9::1')).toBe('unauthenticatedPerAddress')
    admitted(desk.enter('2001:db8:0:1::1'))
  })

  test('gives a place back once, however often it is told', () => {
    const desk = new AdmissionDesk(limits)
    const place = admitted(desk.enter('192.0.2.1'))
    place.proved()
    place.proved()
    place.left()
    place.left()
    for (let i = 0; i < 2; i++) admitted(desk.enter('192.0.2.1'))
    expect(desk.enter('192.0.2.1')).toBe('unauthenticatedPerAddress')
  })
})
