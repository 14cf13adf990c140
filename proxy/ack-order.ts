/**
 * @module Keeps the acknowledgements of one device in the order of its PUBLISH packets: ours for what was denied wait
 * for the broker's for what was forwarded before. Some devices take any other order for an error.
 */
import type { Buffer } from 'node:buffer'

type Expected = { packetId: number } | { own: Buffer }

export class AckOrder {
  readonly #queue: Expected[] = []
  readonly #send: (bytes: Buffer) => void

  constructor(send: (bytes: Buffer) => void) {
    this.#send = send
  }

  /** A PUBLISH at QoS 1 or 2 went to the broker, which answers it. */
  forwarded(packetId: number): void {
    this.#queue.push({ packetId })
  }

  /** Returns whether the broker has still to answer a PUBLISH with this id. */
  awaits(packetId: number): boolean {
    return this.#queue.some((expected) => 'packetId' in expected && expected.packetId === packetId)
  }

  /** We answer this one ourselves, in its turn. */
  answer(own: Buffer): void {
    if (this.#queue.length === 0) this.#send(own)
    else this.#queue.push({ own })
  }

  /** The broker's PUBACK or PUBREC was passed on: ours that waited for it follow. */
  answered(packetId: number): void {
    const at = this.#queue.findIndex((expected) => 'packetId' in expected && expected.packetId === packetId)
    if (at === -1) return // answered before: a second PUBREC for a packet sent again
    this.#queue.splice(at, 1)
    for (let head = this.#queue[0]; head !== undefined && 'own' in head; head = this.#queue[0]) {
      this.#queue.shift()
      this.#send(head.own)
    }
  }
}
