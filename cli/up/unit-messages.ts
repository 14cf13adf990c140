/** @module What `up` and the process of one more proxy say to each other: plain data both ways. */
import type { UnitOrder } from './unit.ts'
import type { UnitQuestion } from './unit-answers.ts'

export type ToUnit =
  | { kind: 'start'; home: string; order: UnitOrder }
  | { kind: 'dumped'; block: number }
  | { kind: 'ask'; id: number; question: UnitQuestion; given: unknown }
export type FromUnit =
  | { kind: 'ready'; metrics: string }
  | { kind: 'failed'; error: string }
  | { kind: 'answer'; id: number; found: unknown }
  | { kind: 'answer'; id: number; error: { message: string; code: string } }
