import { describe, expect, test } from 'vitest'
import { explainRevert } from '../../cli/terminal/explain-revert.ts'
import { visible } from '../../cli/terminal/output.ts'
import FLYTRAP from '../../contracts/abi/FlyTrap.json' with { type: 'json' }

interface AbiEntry {
  type: string
  name?: string
  inputs?: { name: string; type: string }[]
}

const ERRORS = (FLYTRAP.abi as AbiEntry[]).filter(({ type }) => type === 'error')
const SENDER = `0x${'ab'.repeat(20)}`

/** A value of each type, hostile where it is text. */
function sample(type: string): unknown {
  if (type === 'string') return 'a\u001b[2Jb'
  if (type === 'address') return `0x${'12'.repeat(20)}`
  if (type.startsWith('bytes')) return `0x${'34'.repeat(32)}`
  return Number(/\d+/.exec(type)?.[0] ?? 256) <= 48 ? 1 : 1n
}

describe('the words for what the contract refuses', () => {
  test('are looked for in the contract’s own list', () => {
    expect(ERRORS.length).toBeGreaterThan(35)
  })

  test.each(ERRORS.map(({ name = '', inputs = [] }) => ({ name, inputs })))(
    'explain $name, and say what to do next',
    ({ name, inputs }) => {
      const args = Object.fromEntries(inputs.map((input) => [input.name, sample(input.type)]))
      for (const filter of [undefined, 'home/kitchen', 'a b']) {
        const words = explainRevert({ error: name, args }, { sender: SENDER, filter })
        expect(words).toMatch(/npx flytrap |--\w+|please report it/)
        expect(words).not.toMatch(/undefined|NaN|\[object/)
        expect(words).toBe(visible(words ?? ''))
        // A hint that names the filter can be pasted.
        if (filter === 'a b') expect(words?.replaceAll("'a b'", '')).not.toContain('a b')
      }
    },
  )

  test('are missing for an error that is not the contract’s', () => {
    expect(explainRevert({ error: 'Panic', args: {} }, { sender: SENDER })).toBeUndefined()
    expect(explainRevert({ error: 'constructor', args: {} }, { sender: SENDER })).toBeUndefined()
  })
})
