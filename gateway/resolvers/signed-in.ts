/** @module What only a signed-in account may ask for. */
import type { Address } from '../../domain/bytes.ts'
import { refuse } from '../errors.ts'
import type { GatewayContext } from './context.ts'

/** Throws SIGN_IN_NEEDED. */
export function signedIn({ viewer }: Pick<GatewayContext, 'viewer'>): Address {
  return viewer ?? refuse('SIGN_IN_NEEDED', 'Sign in first: a nonce from /auth/nonce, your signature to /auth/sign-in.')
}
