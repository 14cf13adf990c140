/** @module Rights as bits and as words. Pure. */
import { enumName, Right } from './enums.ts'

export const BOTH_RIGHTS = Right.PUBLISH | Right.SUBSCRIBE

/** Returns each right of the bits. */
export const eachRight = (rights: number): Right[] =>
  [Right.PUBLISH, Right.SUBSCRIBE].filter((right) => (rights & right) !== 0)

export const namesOf = (rights: number): string[] => eachRight(rights).map((right) => enumName(Right, right) ?? '')

/** Returns `publish and subscribe`. */
export const wordsOf = (rights: number): string => namesOf(rights).join(' and ').toLowerCase()
