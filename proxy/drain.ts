/** @module The end of a proxy: nothing new begins, what is under way at QoS 1 and 2 ends, then every device is told 0x8B. */
import { setTimeout as sleep } from 'node:timers/promises'
import { DenialReason } from '../domain/enums.ts'
import type { Connection } from './connection.ts'
import { Reason } from './wire/reason-codes.ts'

const LOOK_MS = 20

/** Resolves when all are cut: at once where nothing is under way, within `graceMs` where somebody does not answer. */
export async function drainAll(connections: ReadonlyMap<number, Connection>, graceMs: number): Promise<void> {
  const endsAt = performance.now() + graceMs
  for (const connection of connections.values()) begin(connection)
  while (connections.size > 0 && performance.now() < endsAt) {
    for (const connection of connections.values()) if (isQuiet(connection)) end(connection)
    if (connections.size > 0) await sleep(LOOK_MS)
  }
  for (const connection of connections.values()) end(connection)
}

function begin(connection: Connection): void {
  if (connection.phase === 'open') connection.isDraining = true
  else end(connection)
}

/** Nothing waits for an acknowledgement, a decision, or a socket. */
function isQuiet({ devicePump, broker, buffered, inFlight }: Connection): boolean {
  const isWaiting = devicePump.isHeld || broker?.isHeld === true || buffered > 0
  return inFlight.isEmpty && !isWaiting
}

const end = (connection: Connection): void => connection.cut(DenialReason.SHUTTING_DOWN, Reason.SERVER_SHUTTING_DOWN)
