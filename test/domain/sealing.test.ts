import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { AccessRecord } from '../../domain/access-record.ts'
import { fromHex, toHex } from '../../domain/bytes.ts'
import { Action, CountryRule, Right } from '../../domain/enums.ts'
import { canonicalJson } from '../../domain/evidence.ts'
import { decodeRecords, encodeRecord } from '../../domain/packed.ts'
import { mustSeal, openSealed, sealedFacts, sealedForm, withBuiltAt } from '../../domain/sealing.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { addressOf, ViewBuilder } from '../support/view-builder.ts'

interface Vector {
  name: string
  record: AccessRecord
  builtAt: number
  /** 72 bytes in the batch. */
  sealed: string
  /** RFC 8785, as it stands under `sealed` in the evidence. */
  facts: string
}
const { vectors } = JSON.parse(readFileSync(new URL('../vectors/sealed.json', import.meta.url), 'utf8')) as {
  vectors: Vector[]
}

describe('a sealed record', () => {
  test.each(vectors)('$name shows recorder, sequence and outcome alone', ({ record, builtAt, sealed, facts }) => {
    const bytes = withBuiltAt(encodeRecord(sealedForm(record)), builtAt)
    expect(toHex(bytes)).toBe(sealed)
    expect(canonicalJson(sealedFacts(record))).toBe(facts)
    const [onChain] = decodeRecords(fromHex(sealed), 1, 1n)
    expect(onChain).toMatchObject({
      action: 0,
      sealed: true,
      outcome: record.outcome,
      firstAt: builtAt,
      count: 1,
      span: 0,
    })
    expect({ ...openSealed(onChain!, JSON.parse(facts)), sealed: false }).toMatchObject(record)
  })

  test('is the only one whose bytes a batch completes', () => {
    for (const { record, builtAt } of vectors) {
      const bytes = encodeRecord(record)
      expect(withBuiltAt(bytes, builtAt)).toBe(bytes)
    }
  })
})

describe('a sealed topic', () => {
  const [owner, reader, other] = [addressOf('1'), addressOf('2'), addressOf('3')]
  const world = new ViewBuilder()
  for (const [filter, holder] of [
    ['home', owner],
    ['home/#', owner],
    ['work', other],
  ] as const)
    world.topic(filter, holder)
  world.grant({ filter: 'home/#', account: reader, right: Right.SUBSCRIBE })
  const set = (filter: string, isSealed: boolean): void =>
    world.view.apply({
      name: 'TermsSet',
      args: {
        topicId: topicIdOf(filter),
        setAt: 9,
        offers: 0,
        publishPrice: 0n,
        subscribePrice: 0n,
        period: 0,
        countryRule: CountryRule.ANYWHERE,
        countries: 0n,
        isSealed,
      },
    })
  const sealed = (action: Action, name: string, account = ZERO_ACCOUNT): boolean =>
    mustSeal(world.view, { action, account, name })
  const ZERO_ACCOUNT = addressOf('0')

  test('seals what is published, delivered and asked for in its subtree, and the connections of who may be there', () => {
    expect(sealed(Action.PUBLISH, 'home/a')).toBe(false)
    const before = world.view.sealedVersion
    set('home', true)
    expect(world.view.sealedVersion).not.toBe(before)
    const asked: [Action, string, boolean][] = [
      [Action.PUBLISH, 'home', true],
      [Action.PUBLISH, 'home/a/b', true],
      [Action.DELIVER, 'homes', false],
      [Action.SUBSCRIBE, '#', true],
      [Action.SUBSCRIBE, '+/a', true],
      [Action.SUBSCRIBE, '$share/g/home/a', true],
      [Action.SUBSCRIBE, 'work/#', false],
      [Action.POLICY, '', false],
    ]
    for (const [action, name, expected] of asked)
      expect([action, name, sealed(action, name)]).toEqual([action, name, expected])
    const who = [owner, reader, other, ZERO_ACCOUNT].map((account) => sealed(Action.CONNECT, '', account))
    expect(who).toEqual([true, true, false, false])
    set('home', false)
    expect(sealed(Action.PUBLISH, 'home/a')).toBe(false)
    expect(world.view.clone().sealedTopics().size).toBe(0)
  })
})
