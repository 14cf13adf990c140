/**
 * @module A device's connection to its broker, dialled while the disk takes the record of its login. Nothing is said on it
 * before that record is durable: no record, no access.
 */
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { dialBroker } from './dial.ts'
import type { BrokerPool } from './pool.ts'
import type { BrokerTarget } from './target.ts'

export interface Destination {
  pool: BrokerPool
  version: 4 | 5
  /** As the brokers know the device. */
  clientId: string
  timeoutMs: number
}

export class DialAhead {
  readonly #target: BrokerTarget | undefined
  #socket: Promise<Socket> | undefined

  /** Dials the broker that is the device's own at this moment. */
  constructor({ pool, version, clientId, timeoutMs }: Destination) {
    const candidates = pool.candidates(version, clientId)
    this.#target = candidates[0]?.target
    if (this.#target === undefined) return
    this.#socket = dialSoon(this.#target, timeoutMs / candidates.length)
    this.#socket.catch(() => {}) // whoever takes it is told
  }

  /** As `dialBroker`: with the connection that was made ahead where it leads there, once, and still stands. */
  readonly dial = async (target: BrokerTarget, timeoutMs: number): Promise<Socket> => {
    const made = target === this.#target ? this.#socket : undefined
    if (made === undefined) return dialBroker(target, timeoutMs)
    this.#socket = undefined
    const socket = await made
    if (!hasEnded(socket)) return socket
    socket.destroy()
    return dialBroker(target, timeoutMs) // while the disk was slow, the broker tired of our silence
  }

  /** Nobody needs it any more. */
  leave(): void {
    this.#socket?.then(
      (socket) => socket.destroy(),
      () => {},
    )
    this.#socket = undefined
  }
}

/** The commit goes to its thread at the end of this turn of the event loop: dialling must not keep it waiting. */
async function dialSoon(target: BrokerTarget, timeoutMs: number): Promise<Socket> {
  await setImmediate()
  return dialBroker(target, timeoutMs)
}

const hasEnded = (socket: Socket): boolean => socket.destroyed || socket.readableEnded || socket.writableEnded
