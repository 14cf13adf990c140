/**
 * @module Whether a broker has worked through what was said to it last. Nothing in MQTT answers a DISCONNECT but the end of
 * its socket, and that alone says only that the bytes were taken off it: so does a broker that closes over an earlier packet.
 * Hence it is asked for a PINGRESP first, and left once that has come.
 */
import type { Socket } from 'node:net'

const PINGRESP = 13
const DISCONNECT = 14
/** A broker that is slower may have heard all the same: nobody can say. */
const ANSWER_MS = 2_000

/** The PINGREQ packets of one connection, and whether all that was said before them was taken. [MQTT-3.12.4-1] */
export class Pings {
  #unanswered = 0
  #isRefused = false
  /** Told of each answer. */
  onAnswer: (() => void) | undefined

  asked(): void {
    this.#unanswered++
  }

  /** A packet of the broker's, by its type. A DISCONNECT says that it ends the connection for a reason of its own. */
  hear(type: number): void {
    if (type === PINGRESP) this.#unanswered--
    if (type === DISCONNECT) this.#isRefused = true
    this.onAnswer?.()
  }

  get areAnswered(): boolean {
    return this.#unanswered === 0 && !this.#isRefused
  }
}

/**
 * Called with a ping under way. Calls `say` for the last words and the end of the socket once the broker has answered, or did
 * not in time; never when it left first. Resolves true when it answered, and closed in order after the last words: a kernel
 * resets the connection of a reader that left something unread (RFC 1122 section 4.2.2.13). False: it may not have heard them.
 */
export function hearsOut(socket: Socket, pings: Pings, say: () => void): Promise<boolean> {
  let isSaid = false
  const sayOnce = (): void => {
    if (isSaid || socket.destroyed || socket.readableEnded) return
    isSaid = true
    say()
  }
  const timer = setTimeout(sayOnce, ANSWER_MS)
  // An end that came with the answer is seen before anything is said.
  pings.onAnswer = () => pings.areAnswered && setImmediate(sayOnce)
  return new Promise((resolve) => {
    const settle = (hadError: boolean): void => {
      clearTimeout(timer)
      const isInOrder = !hadError && socket.readableEnded && socket.writableFinished
      resolve(isSaid && isInOrder && pings.areAnswered)
    }
    if (socket.closed) settle(true)
    else socket.once('close', settle)
  })
}
