/**
 * @module Memory in sum. Each connection is bounded by what its sockets, one packet and its unreleased messages hold, yet
 * thousands of slow readers add up: beyond the limit those that hold most are cut, until a fifth is free again.
 */
import { DenialReason } from '../domain/enums.ts'
import type { Connection } from './connection.ts'
import { Reason } from './wire/reason-codes.ts'

const KEEP = 0.8

/** Called each second. Returns how many were cut. */
export function shedSlowReaders(connections: Iterable<Connection>, maxBytes: number): number {
  const holding: { connection: Connection; bytes: number }[] = []
  let sum = 0
  for (const connection of connections) {
    const bytes = connection.memory
    if (bytes === 0) continue
    sum += bytes
    holding.push({ connection, bytes })
  }
  if (sum <= maxBytes) return 0
  holding.sort((a, b) => b.bytes - a.bytes)
  let cut = 0
  for (const { connection, bytes } of holding) {
    if (sum <= maxBytes * KEEP) break
    connection.cut(DenialReason.SLOW_READER, Reason.QUOTA_EXCEEDED)
    connection.discard()
    sum -= bytes
    cut++
  }
  return cut
}
