/**
 * @module One socket's packets, one after the other: while one is being handled the socket rests, so that order is kept
 * and nobody's memory grows.
 */
import type { Duplex } from 'node:stream'
import { type Frame, Framer, type Malformed } from './wire/frame.ts'

export interface PumpOptions {
  socket: Duplex
  maxPacketBytes: number
  /** A promise makes the socket rest until it settles. */
  onFrame: (frame: Frame) => Promise<void> | undefined
  /** The bytes are no packet: nothing after them is read. */
  onMalformed: (problem: Malformed) => void
  /** A handler failed: the connection must end. */
  onError: (error: unknown) => void
}

export class PacketPump {
  readonly #options: PumpOptions
  readonly #framer: Framer
  #busy = false
  #held = 0
  #stopped = false

  constructor(options: PumpOptions) {
    this.#options = options
    this.#framer = new Framer(options)
    options.socket.on('data', (chunk: Buffer) => {
      this.#framer.push(chunk)
      this.#run()
    })
  }

  /** Reads nothing more until `other` has drained what was written to it. */
  holdUntilDrained(other: Duplex): void {
    this.#held++
    const release = (): void => {
      other.off('drain', release).off('close', release)
      this.#held--
      this.#run()
    }
    other.on('drain', release).on('close', release)
  }

  stop(): void {
    this.#stopped = true
  }

  #run(): void {
    const { socket, onMalformed } = this.#options
    while (!this.#busy && !this.#stopped) {
      if (this.#held > 0) return this.#rest()
      const frame = this.#framer.next()
      if (frame === undefined) break
      if (frame.kind === 'malformed') {
        this.#stopped = true
        return onMalformed(frame)
      }
      this.#handle(frame)
    }
    if (!this.#busy && !this.#stopped && socket.isPaused()) socket.resume()
  }

  #handle(frame: Frame): void {
    const { onFrame, onError } = this.#options
    let pending: Promise<void> | undefined
    try {
      pending = onFrame(frame)
    } catch (error) {
      this.#stopped = true
      onError(error)
      return
    }
    if (pending === undefined) return
    this.#busy = true
    this.#rest()
    pending.then(
      () => {
        this.#busy = false
        this.#run()
      },
      (error: unknown) => {
        this.#stopped = true
        onError(error)
      },
    )
  }

  #rest(): void {
    this.#options.socket.pause()
  }
}
