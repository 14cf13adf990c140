import { describe, expect, test } from 'vitest'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { chooseBy, chooseCapture, UNPROVED_ATTEMPT } from '../../proxy/rules/capture.ts'
import { readRules } from '../../proxy/rules/read-rules.ts'
import { accessOf } from '../support/records.ts'

const MINUTE = 60_000
const rules = readRules(`
capture:
  - { when: { topic: "ward/#" }, record: sealed }
  - { when: { topic: "alarm/#", action: publish }, window: 0 }
  - { when: { outcome: denied, action: publish }, window: 5m }
  - { when: { action: [publish, deliver] }, window: 15m }
  - { when: { proved: false }, window: 1m }
  - { record: sealed, when: { action: cut } }
`).capture
const choose = (action: Action, name: string, outcome: Outcome = Outcome.ALLOWED) => {
  const { windowMs, isSealed } = chooseBy(rules, { action, name, outcome, proved: true })
  return [windowMs / MINUTE, isSealed]
}

describe('the rules about capture', () => {
  test('take window and sealing each from the first rule that matches and names it', () => {
    expect(choose(Action.PUBLISH, 'ward/7')).toEqual([15, true])
    expect(choose(Action.PUBLISH, 'alarm/fire')).toEqual([0, false])
    expect(choose(Action.DELIVER, 'alarm/fire')).toEqual([15, false])
    expect(choose(Action.PUBLISH, 'home', Outcome.DENIED)).toEqual([5, false])
    expect(choose(Action.CUT, '')).toEqual([0, true])
    expect(chooseBy(rules, UNPROVED_ATTEMPT).windowMs).toBe(MINUTE)
  })

  test('seal a SUBSCRIBE when one of its names would be', () => {
    for (const [filter, isSealed] of [
      ['ward/7', true],
      ['#', true],
      ['+/7', true],
      ['wards/#', false],
    ] as const)
      expect([filter, choose(Action.SUBSCRIBE, filter)]).toEqual([filter, [0, isSealed]])
  })

  test('give what a banned or suspended account goes on asking at least a minute’s window', () => {
    const choose = chooseCapture(rules)
    const connect = { action: Action.CONNECT, outcome: Outcome.DENIED }
    for (const denialReason of [DenialReason.BANNED, DenialReason.WALLET_SUSPENDED])
      expect(choose(accessOf({ ...connect, denialReason }), '')).toEqual({ windowMs: MINUTE, isSealed: false })
    const full = accessOf({ ...connect, denialReason: DenialReason.BROKER_UNAVAILABLE })
    expect(choose(full, '')).toEqual({ windowMs: 0, isSealed: false })
  })

  test('give what is told of all other strangers at once ten minutes, and of one network what they say', () => {
    const choose = chooseCapture(rules)
    const stranger = { action: Action.CONNECT, outcome: Outcome.DENIED, denialReason: DenialReason.SIGNATURE_INVALID }
    const windows = ['192.0.2.1/32', 'others'].map((network) => choose({ ...accessOf(stranger), network }, '').windowMs)
    expect(windows).toEqual([MINUTE, 10 * MINUTE])
  })

  test('touch neither bans nor policies nor what was shown or erased: those are for all to read', () => {
    const all = chooseCapture(readRules('capture: [{ window: 1m, record: sealed }]').capture)
    expect(all(accessOf(), 'home')).toEqual({ windowMs: MINUTE, isSealed: true })
    for (const action of [Action.BAN, Action.UNBAN, Action.POLICY, Action.DISCLOSE, Action.ERASE])
      expect(all(accessOf({ action }), '')).toEqual({ windowMs: 0, isSealed: false })
  })
})
