/**
 * @module Keeps the acknowledgements of one device in the order of its PUBLISH packets: ours for what was denied wait
 * for the broker's for what was forwarded before. Some devices take any other order for an error. Two counters a QoS are
 * enough, since the broker too answers in order. [MQTT-4.6.0-2] [MQTT-4.6.0-3]
 */
import type { Buffer } from 'node:buffer'
import type { Holdable } from './outlet.ts'

interface Waiting {
  /** Sent once the broker has answered so many. */
  after: number
  bytes: Buffer
}

/** A device that goes on sending what is denied, while the broker does not answer, is read no further. */
const MAX_WAITING = 256

class Lane {
  forwarded = 0
  answered = 0
  waiting: Waiting[] | undefined
}

export class AckOrder {
  readonly #qos1 = new Lane()
  readonly #qos2 = new Lane()
  readonly #send: (bytes: Buffer) => void
  /** Whose packets are denied. */
  readonly #asker: Holdable
  #isHeld = false

  constructor({ send, asker }: { send: (bytes: Buffer) => void; asker: Holdable }) {
    this.#send = send
    this.#asker = asker
  }

  /** A PUBLISH went to the broker, which answers it. */
  forwarded(qos: 1 | 2): void {
    this.#lane(qos).forwarded++
  }

  /** We answer this one ourselves, in its turn. */
  answer(qos: 1 | 2, bytes: Buffer): void {
    const lane = this.#lane(qos)
    if (lane.forwarded === lane.answered && lane.waiting === undefined) return this.#send(bytes)
    lane.waiting ??= []
    lane.waiting.push({ after: lane.forwarded, bytes })
    if (this.#isHeld || this.#countWaiting() < MAX_WAITING) return
    this.#isHeld = true
    this.#asker.hold()
  }

  /** The broker's PUBACK or PUBREC was passed on: ours that waited for it follow. */
  answered(qos: 1 | 2): void {
    const lane = this.#lane(qos)
    // It may answer once more what was sent again before.
    if (lane.answered < lane.forwarded) lane.answered++
    const { waiting } = lane
    if (waiting === undefined) return
    while (waiting.length > 0 && waiting[0]!.after <= lane.answered) this.#send(waiting.shift()!.bytes)
    if (waiting.length === 0) lane.waiting = undefined
    if (!this.#isHeld || this.#countWaiting() >= MAX_WAITING) return
    this.#isHeld = false
    this.#asker.release()
  }

  #countWaiting(): number {
    return (this.#qos1.waiting?.length ?? 0) + (this.#qos2.waiting?.length ?? 0)
  }

  #lane(qos: 1 | 2): Lane {
    return qos === 1 ? this.#qos1 : this.#qos2
  }
}
