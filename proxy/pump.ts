/**
 * @module One socket's packets, one after the other: while one is being handled, or while somebody must be waited for,
 * the socket rests, so that order is kept and nobody's memory grows.
 */
import type { Duplex } from 'node:stream'
import type { Holdable } from './outlet.ts'
import { type Frame, Framer, type FramerOptions, type Malformed } from './wire/frame.ts'

export interface PumpOptions extends FramerOptions {
  stream: Duplex
  /** Before the packets of a chunk. */
  onTurn: () => void
  /** The frame holds until this returns, or until its promise settles: meanwhile the socket rests. */
  onFrame: (frame: Frame) => Promise<void> | undefined
  /** After the packets of a chunk: how many, and of how many bytes. */
  onTurnEnd: (packets: number, bytes: number) => void
  /** The bytes are no packet: nothing after them is read. */
  onMalformed: (problem: Malformed) => void
  /** A handler failed: the connection must end. */
  onError: (error: unknown) => void
}

export class PacketPump implements Holdable {
  readonly #options: PumpOptions
  readonly #framer: Framer
  #isBusy = false
  #isRunning = false
  #held = 0
  #isFree = false
  #stopped = false
  #chunkBytes = 0
  #onDone: (() => void) | undefined

  constructor(options: PumpOptions) {
    this.#options = options
    this.#framer = new Framer(options)
    options.stream.on('data', (chunk: Buffer) => {
      if (this.#stopped) return
      this.#chunkBytes += chunk.length
      this.#framer.push(chunk)
      this.#run()
    })
  }

  /** Reads nothing more until released as often. */
  hold(): void {
    this.#held++
  }

  release(): void {
    this.#held--
    this.#run()
  }

  /** Nothing more comes: calls once what did come has been handled. */
  finish(onDone: () => void): void {
    this.#onDone = onDone
    this.#settle()
  }

  /** What still comes is read at once, whoever asks for rest. */
  waitForNobody(): void {
    this.#isFree = true
    this.#run()
  }

  /** Waiting for somebody else: silence of the peer says nothing now. */
  get isHeld(): boolean {
    return (this.#held > 0 && !this.#isFree) || this.#isBusy
  }

  /** Bytes that came and wait here. */
  get buffered(): number {
    return this.#framer.buffered
  }

  /** A larger packet is refused at its header. */
  limit(maxPacketBytes: number): void {
    this.#framer.limit(maxPacketBytes)
  }

  /** Nothing that comes later counts. */
  stop(): void {
    this.#stopped = true
  }

  #run(): void {
    if (this.#isRunning || this.isHeld || this.#stopped) return this.#settle()
    const { onTurn, onTurnEnd } = this.#options
    this.#isRunning = true
    onTurn()
    let packets = 0
    while (!this.isHeld && !this.#stopped && this.#step()) packets++
    const bytes = this.#chunkBytes
    this.#chunkBytes = 0
    onTurnEnd(packets, bytes)
    this.#isRunning = false
    this.#settle()
  }

  /** False: no whole packet is there, or none ever will be. */
  #step(): boolean {
    const { onFrame, onMalformed } = this.#options
    const frame = this.#framer.next()
    if (frame === undefined) return false
    if (frame.kind === 'malformed') {
      this.#stopped = true
      onMalformed(frame)
      return false
    }
    try {
      const pending = onFrame(frame)
      if (pending !== undefined) this.#await(pending)
      return true
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  #await(pending: Promise<void>): void {
    this.#isBusy = true
    pending.then(
      () => {
        this.#isBusy = false
        this.#run()
      },
      (error: unknown) => this.#fail(error),
    )
  }

  #fail(error: unknown): void {
    this.#stopped = true
    this.#options.onError(error)
  }

  #settle(): void {
    const { stream } = this.#options
    if (this.#isRunning || this.#stopped) return
    if (this.isHeld) stream.pause()
    else if (this.#onDone !== undefined) this.#onDone()
    else if (stream.isPaused()) stream.resume()
  }
}
