/**
 * @module Sessions after sign-in. They live in this process: a restart signs everybody out, and nothing on disk can be
 * stolen. The token is known to its holder alone; kept is its hash.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Address } from '../../domain/bytes.ts'

export interface Session {
  account: Address
  /** Milliseconds. */
  expiresAt: number
  /** Whether it was an auditor's at sign-in: for limits alone, rights are asked of the chain each time. */
  wasAuditor: boolean
}

export interface Sessions {
  /** Returns the token. */
  begin(session: Session): string
  find(token: string): Session | 'expired' | undefined
  end(token: string): void
}

const MAX_SESSIONS = 10_000
const MAX_OF_ACCOUNT = 20

export function createSessions(now: () => number = Date.now, max = MAX_SESSIONS): Sessions {
  const sessions = new Map<string, Session>()
  const keyOf = (token: string): string => createHash('sha256').update(token).digest('hex')
  const makeRoom = (account: Address): void => {
    for (const [key, { expiresAt }] of sessions) if (expiresAt <= now()) sessions.delete(key)
    const own = [...sessions].filter(([, session]) => session.account === account)
    // The oldest goes first; one account cannot sign out the others.
    for (const [key] of own.slice(0, Math.max(0, own.length - MAX_OF_ACCOUNT + 1))) sessions.delete(key)
    if (sessions.size < max) return
    // Accounts cost nothing: whoever makes thousands of them signs out no auditor.
    const isUsual = ([, { wasAuditor }]: [string, Session]): boolean => !wasAuditor
    const [oldest] = sessions.entries().find(isUsual) ?? [...sessions.keys()]
    if (oldest !== undefined) sessions.delete(oldest)
  }
  return {
    begin(session) {
      makeRoom(session.account)
      const token = randomBytes(32).toString('base64url')
      sessions.set(keyOf(token), session)
      return token
    },
    find(token) {
      const session = sessions.get(keyOf(token))
      return session !== undefined && session.expiresAt <= now() ? 'expired' : session
    },
    end(token) {
      sessions.delete(keyOf(token))
    },
  }
}
