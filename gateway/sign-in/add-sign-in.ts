/** @module The way in: a nonce, a signed message for it, a session. The cookie is no script's and no other site's. */

import { getAddress } from 'ethers'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { refuse } from '../errors.ts'
import { checkMessage } from './check-message.ts'
import { isSignedBy } from './check-signature.ts'
import type { Nonces } from './nonces.ts'
import { assertOwnPage } from './own-page.ts'
import type { Roles } from './roles.ts'
import type { Sessions } from './sessions.ts'
import { COOKIE, sessionOf, tokenOf } from './viewer.ts'

export interface SignInOptions {
  rpc: Rpc
  roles: Pick<Roles, 'isAuditorOfAll'>
  chainId: bigint
  /** Where people reach this gateway; known only once it listens. */
  origins: () => readonly string[]
  nonces: Nonces
  sessions: Sessions
  log: Logger
}

const READS = ['/graphql', '/export']
const body = z.strictObject({ message: z.string(), signature: z.string() })

export function addSignIn(app: FastifyInstance, options: SignInOptions): void {
  const { sessions, nonces, origins } = options
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.url?.startsWith('/auth/')) reply.header('cache-control', 'no-store')
    // Who believes to be signed in, and is not, must be told: the answer would be a smaller one.
    if (READS.some((path) => request.routeOptions.url?.startsWith(path))) sessionOf(request, sessions)
  })
  app.get('/auth/nonce', async () => ({
    nonce: nonces.issue(),
    chainId: options.chainId.toString(),
    origins: origins(),
  }))
  app.post('/auth/sign-in', async (request, reply) => {
    assertOwnPage(request, origins())
    const { account, expiresAt } = await signIn(request.body, options)
    const wasAuditor = await options.roles.isAuditorOfAll(account).catch(() => false) // for limits alone
    const token = sessions.begin({ account, expiresAt, wasAuditor })
    setCookie(reply, token, { expires: new Date(expiresAt), isSecure: isSecure(origins()) })
    return { account: getAddress(account), expiresAt: new Date(expiresAt).toISOString(), token }
  })
  app.post('/auth/sign-out', async (request, reply) => {
    assertOwnPage(request, origins())
    const token = tokenOf(request)
    if (token !== undefined) sessions.end(token)
    setCookie(reply, '', { expires: new Date(0), isSecure: isSecure(origins()) })
    return { account: null }
  })
  app.get('/auth/session', async (request) => {
    const session = sessionOf(request, sessions)
    if (session === undefined) return { account: null }
    return { account: getAddress(session.account), expiresAt: new Date(session.expiresAt).toISOString() }
  })
}

async function signIn(given: unknown, { rpc, chainId, origins, nonces, log }: SignInOptions) {
  const { data } = body.safeParse(given)
  if (data === undefined) refuse('BAD_REQUEST', 'Send JSON with `message` and `signature`, both text.')
  const expected = { origins: origins(), chainId, nonces, now: Date.now() }
  const message = checkMessage(data.message, expected)
  const { account, nonce } = message
  const isTheirs = await isSignedBy(rpc, { account, text: data.message, signature: data.signature }).catch(
    (error: unknown) => {
      log.warn({ err: error }, 'a signature could not be checked')
      refuse('CHAIN_UNREACHABLE', 'The chain cannot be asked about this account. Try again soon.')
    },
  )
  if (!isTheirs)
    refuse('SIGN_IN_REFUSED', 'The signature is not that account’s for this message. Sign it with its key.')
  // Looked at again: a second request with the same message may have come while the chain was asked.
  if (nonces.look(nonce) !== 'fresh') refuse('SIGN_IN_EXPIRED', 'The nonce was used. Fetch one from /auth/nonce.')
  nonces.use(nonce)
  return message
}

const isSecure = (origins: readonly string[]): boolean => origins.every((origin) => origin.startsWith('https:'))

function setCookie(
  reply: FastifyReply,
  token: string,
  { expires, isSecure: secure }: { expires: Date; isSecure: boolean },
) {
  reply.setCookie(COOKIE, token, { path: '/', httpOnly: true, sameSite: 'strict', secure, expires })
}
