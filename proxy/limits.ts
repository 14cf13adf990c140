/** @module What one proxy takes at most, of whom and for how long. */
import type { AdmissionLimits } from './listen/admission.ts'

export interface Limits extends AdmissionLimits {
  maxPacketBytes: number
  /** Milliseconds from accept to CONNACK: handshakes, authentication and the broker included. */
  connectTimeoutMs: number
  /** Of one connection, a second; beyond it the device is read slower. */
  publishPerSecond: number
  /** Of all kinds. */
  packetsPerSecond: number
  /** Failed logins a minute that one address may have checked. */
  loginsPerAddress: number
  /** Records a minute that wallets without any right cause, each its own, in sum and from one network. */
  newcomersPerMinute: number
  newcomersPerAddress: number
  /** Records of its own that one connection causes in a minute. */
  recordsPerConnection: number
  /** How many topics, and how many rights, the view keeps under one first-level name. */
  viewEntriesPerName: number
  /** Milliseconds for which a device may read nothing of what waits for it. */
  stalledTimeoutMs: number
  /** Of all connections together; beyond it those that hold most are cut. */
  maxBufferedBytes: number
}

/** Rates and the view have none: theirs come from flytrap.yaml. */
export const DEFAULT_LIMITS: Limits = {
  maxPacketBytes: 1 << 20,
  connectTimeoutMs: 10_000,
  connections: 20_000,
  connectionsPerAddress: 200,
  unauthenticated: 500,
  unauthenticatedPerAddress: 100,
  publishPerSecond: Number.POSITIVE_INFINITY,
  packetsPerSecond: Number.POSITIVE_INFINITY,
  loginsPerAddress: Number.POSITIVE_INFINITY,
  newcomersPerMinute: Number.POSITIVE_INFINITY,
  newcomersPerAddress: Number.POSITIVE_INFINITY,
  recordsPerConnection: Number.POSITIVE_INFINITY,
  viewEntriesPerName: Number.POSITIVE_INFINITY,
  stalledTimeoutMs: 60_000,
  maxBufferedBytes: 256 << 20,
}
