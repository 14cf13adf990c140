/** @module Where the session of a device stands, and how long once its connection has ended. Pure. */
import type { Address } from '../../domain/bytes.ts'

/** Where a session stands: at which broker, by the client id as brokers know it. */
export interface SessionPlace {
  broker: string
  clientId: string
}

/** One that may stand once its connection has ended. */
export interface KeptSession extends SessionPlace {
  account: Address
  /** Unix seconds: nothing that is kept of it is older. */
  since: number
  /** Seconds that the broker keeps it without a connection; infinite: for ever. */
  expiry: number
}

/** Returns the seconds that a Session Expiry Interval means: 0xFFFFFFFF is no end (section 3.1.2.11.2). */
export const expirySeconds = (interval: number): number =>
  interval === 0xffff_ffff ? Number.POSITIVE_INFINITY : interval
