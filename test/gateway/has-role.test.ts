import { describe, expect, test } from 'vitest'
import { hasRole } from '../../gateway/reports/has-role.ts'
import type { Role, Roles } from '../../gateway/sign-in/roles.ts'
import { addressOf } from '../support/view-builder.ts'

const account = addressOf('a')

function rolesOn(of: Record<string, Exclude<Role, 'SUBJECT'>>) {
  const asked: string[] = []
  const roles: Roles = {
    isAuditorOfAll: async () => false,
    ofTopic: async (_, filter) => {
      asked.push(filter)
      return of[filter]
    },
    isSealed: async () => true,
  }
  return { roles, asked }
}

describe('a role that a report may cost the operator a transaction for', () => {
  test('is one on what was asked for, or on a name above it', async () => {
    const { roles } = rolesOn({ home: 'TOPIC_OWNER', 'yard/+': 'AUDITOR' })
    const has = (topicFilter: string) => hasRole(roles, { account, topicFilter })
    expect(await Promise.all(['home/kitchen/#', 'home', 'yard/+'].map(has))).toEqual([true, true, true])
    expect(await Promise.all(['yard', 'yard/gate', '+/kitchen'].map(has))).toEqual([false, false, false])
  })

  test('is asked for of names that the contract can hold alone, whatever length anybody asks about', async () => {
    const { roles, asked } = rolesOn({})
    const deep = Array.from({ length: 30_000 }, () => 'a').join('/')
    expect(await hasRole(roles, { account, topicFilter: deep })).toBe(false)
    expect(await hasRole(roles, { account, topicFilter: `${'b'.repeat(60_000)}/c` })).toBe(false)
    expect(asked).toEqual(Array.from({ length: 16 }, (_, i) => 'a/'.repeat(i + 1).slice(0, -1)))
  })
})
