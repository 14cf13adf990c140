/** @module What a browser gave, behind the question mark or in a form. Pure. */
import type { Given } from './views/view.ts'

/** What was given twice counts once; empty fields are not given. */
export function givenIn(fields: unknown): Given {
  const entries = Object.entries((fields ?? {}) as Record<string, unknown>)
  const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value)
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      const text = first(value)
      return typeof text === 'string' && text.trim() !== '' ? [[name, text.trim()]] : []
    }),
  )
}
