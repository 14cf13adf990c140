/** The judge of the fault tests itself: it must see a wrong record whichever way it is wrong. */
import { expect, test } from 'vitest'
import { Outcome } from '../../domain/enums.ts'
import type { ChainHistory } from '../support/records.ts'
import { Account } from './account.ts'

interface Row {
  clientId: string
  outcome?: Outcome
  count?: number
  countIsLowerBound?: boolean
}

/** What the account finds wrong, given what was told and what the chain holds of it, in sequence order. */
function wrong(told: readonly string[], rows: readonly Row[], issued: readonly string[] = []) {
  const account = new Account()
  for (const line of told) account.hear(line)
  const records = rows.map(({ clientId: _, ...row }) => {
    return { outcome: Outcome.ALLOWED, count: 1, countIsLowerBound: false, ...row }
  })
  const evidence = rows.map(({ clientId }, i) => ({ seq: i + 1, text: JSON.stringify({ clientId }) }))
  const { accesses: _, ...verdict } = account.judge({ records, evidence, issued } as unknown as ChainHistory)
  return Object.fromEntries(Object.entries(verdict).filter(([, ids]) => ids.length > 0))
}

test('an access that was let through, or denied, must be recorded as that, once, where it was told to be', () => {
  expect(
    wrong(['t a', 'a a 1', 't d', 'd d 2'], [{ clientId: 'a' }, { clientId: 'd', outcome: Outcome.DENIED }]),
  ).toEqual({})
  expect(wrong(['t a', 'a a 1', 't d', 'd d 2'], [])).toEqual({ unrecorded: ['a', 'd'] })
  expect(wrong(['t a', 'a a 1'], [{ clientId: 'a', outcome: Outcome.DENIED }])).toEqual({ wronged: ['a'] })
  expect(wrong(['t d', 'd d 1'], [{ clientId: 'd' }])).toEqual({ wronged: ['d'] })
  expect(wrong(['t a', 'a a 2'], [{ clientId: 'a' }, { clientId: 'b' }])).toEqual({ strange: ['a', 'b'] })
})

test('what was refused must not be recorded as let through, nor counted by a window; what a kill cut off may be', () => {
  expect(wrong(['t a', 'r a JOURNAL_WRITE_FAILED'], [])).toEqual({})
  expect(wrong(['t a', 'r a JOURNAL_WRITE_FAILED'], [{ clientId: 'a' }])).toEqual({ wronged: ['a'] })
  expect(wrong(['t a'], [{ clientId: 'a' }])).toEqual({})
  // A disk took it, said that it had not, and the process was killed before another commit.
  expect(wrong(['t a', 'r a JOURNAL_WRITE_FAILED', 'ready'], [{ clientId: 'a' }])).toEqual({})
  const later = ['t a', 'r a JOURNAL_WRITE_FAILED', 't b', 'a b 2', 'ready']
  expect(wrong(later, [{ clientId: 'a' }, { clientId: 'b' }])).toEqual({ wronged: ['a'] })
  const uses = ['t w', 'w w', 't w', 'w w', 't w', 'r w JOURNAL_FULL']
  expect(wrong(uses, [{ clientId: 'w', count: 2 }])).toEqual({})
  expect(wrong(uses, [{ clientId: 'w', count: 3 }])).toEqual({ wronged: ['w'] })
  expect(wrong(uses, [{ clientId: 'w', count: 1 }])).toEqual({ unrecorded: ['w'] })
  expect(wrong(uses, [{ clientId: 'w', count: 1, countIsLowerBound: true }])).toEqual({})
})

test('a report that was promised must be anchored, once, and none that was never asked for', () => {
  expect(wrong(['q 0xa', 'i 0xa', 'q 0xb'], [], ['0xa'])).toEqual({})
  expect(wrong(['q 0xa', 'i 0xa'], [])).toEqual({ issues: ['promised, not anchored: 0xa'] })
  expect(wrong(['q 0xa'], [], ['0xa', '0xa'])).toEqual({ issues: ['anchored 2 times: 0xa'] })
  expect(wrong([], [], ['0xa'])).toEqual({ issues: ['never asked for: 0xa'] })
})
