/** @module Rights and lawful bases as options name them. Pure. */
import { LawfulBasis, Right } from '../../domain/enums.ts'
import { usage } from '../errors.ts'

export interface RightsFlags {
  publish?: boolean
  subscribe?: boolean
}

/** Returns the bits that were asked for; 0 for none. */
export const rightsOf = ({ publish, subscribe }: RightsFlags): number =>
  (publish === true ? Right.PUBLISH : 0) | (subscribe === true ? Right.SUBSCRIBE : 0)

/** Throws WRONG_USAGE. */
export function basisOf(text: string): number {
  const name = text.toUpperCase().replaceAll('-', '_').replaceAll(' ', '_')
  if (Object.hasOwn(LawfulBasis, name)) return LawfulBasis[name as keyof typeof LawfulBasis]
  const known = Object.keys(LawfulBasis).map((word) => word.toLowerCase().replaceAll('_', '-'))
  throw usage(`--basis is one of ${known.join(', ')} (GDPR Art. 6(1)).`)
}
