/** @module Rights as people name them: options, words, lawful bases. Pure. */
import { enumName, LawfulBasis, Right } from '../../domain/enums.ts'
import { usage } from '../errors.ts'

export interface RightsFlags {
  publish?: boolean
  subscribe?: boolean
}

export const BOTH_RIGHTS = Right.PUBLISH | Right.SUBSCRIBE

/** Returns the bits that were asked for; 0 for none. */
export const rightsOf = ({ publish, subscribe }: RightsFlags): number =>
  (publish === true ? Right.PUBLISH : 0) | (subscribe === true ? Right.SUBSCRIBE : 0)

/** Returns each right of the bits. */
export const eachRight = (rights: number): Right[] =>
  [Right.PUBLISH, Right.SUBSCRIBE].filter((right) => (rights & right) !== 0)

export const namesOf = (rights: number): string[] => eachRight(rights).map((right) => enumName(Right, right) ?? '')

/** Returns `publish and subscribe`. */
export const wordsOf = (rights: number): string => namesOf(rights).join(' and ').toLowerCase()

/** Throws WRONG_USAGE. */
export function basisOf(text: string): number {
  const name = text.toUpperCase().replaceAll('-', '_').replaceAll(' ', '_')
  if (Object.hasOwn(LawfulBasis, name)) return LawfulBasis[name as keyof typeof LawfulBasis]
  const known = Object.keys(LawfulBasis).map((word) => word.toLowerCase().replaceAll('_', '-'))
  throw usage(`--basis is one of ${known.join(', ')} (GDPR Art. 6(1)).`)
}
