/**
 * @module The one place that writes to a socket. Packets that are forwarded and lie side by side go out as one slice,
 * and nothing of ours ever lands inside a packet that goes out in pieces.
 */
import type { Buffer } from 'node:buffer'
import type { Duplex } from 'node:stream'
import type { Frame } from './wire/frame.ts'

/** Who stops reading while an outlet is full. */
export interface Holdable {
  hold(): void
  release(): void
}

/** What may wait for the end of a packet in pieces before whoever asks for it is held. */
const MAX_WAITING_BYTES = 16 * 1024
/** A peer that never closes its side must not keep ours. */
const FAREWELL_MS = 2_000

export class Outlet {
  readonly #stream: Duplex
  /** Forwarded and not written yet: one slice of one buffer. */
  #run: Buffer | undefined
  #from = 0
  #to = 0
  /** What is still to come of a packet that goes out in pieces. */
  #missing = 0
  #waiting: Buffer[] | undefined
  #waitingBytes = 0
  #isCorked = false
  /** When the peer stopped reading; 0 while it reads. */
  #fullSince = 0
  #held: Set<Holdable> | undefined

  constructor(stream: Duplex) {
    this.#stream = stream
    const wake = (): void => this.#wake()
    stream.on('drain', wake).on('close', wake)
  }

  /** A packet as it came, or the next piece of one. Written by `flush`, with its neighbours. */
  forward(frame: Frame): void {
    if (frame.buffer !== this.#run || frame.start !== this.#to) {
      if (this.#run !== undefined) this.#writeRun(true)
      this.#run = frame.buffer
      this.#from = frame.start
    }
    this.#to = frame.end
    const wasInside = this.#missing > 0
    this.#missing = frame.missing
    if (wasInside && frame.missing === 0 && this.#waiting !== undefined) this.#writeWaiting()
  }

  /** The first piece of a packet whose beginning we write ourselves; `missing` bytes of it follow by `forward`. */
  begin(bytes: Buffer, missing: number): void {
    this.write(bytes)
    this.#missing = missing
  }

  /** A whole packet of ours, behind all that was forwarded before it. */
  write(bytes: Buffer): void {
    if (this.#missing > 0) {
      this.#waiting ??= []
      this.#waiting.push(bytes)
      this.#waitingBytes += bytes.length
      return
    }
    if (this.#run !== undefined) this.#writeRun(true)
    this.#cork()
    this.#stream.write(bytes)
  }

  /** Hands what was gathered to the kernel, in one call where it can. */
  flush(): void {
    if (this.#run !== undefined) this.#writeRun(false)
    if (!this.#isCorked) return
    this.#isCorked = false
    this.#stream.uncork()
  }

  /** What was said goes out, then nothing more does, and what comes is dropped. Keeps nothing once the peer has closed too. */
  end(): void {
    this.flush()
    const stream = this.#stream
    stream.end()
    stream.resume()
    if (stream.closed) return
    const hard = setTimeout(() => stream.destroy(), FAREWELL_MS).unref()
    stream.once('close', () => clearTimeout(hard))
  }

  get isFull(): boolean {
    return (this.#stream.writableNeedDrain || this.#waitingBytes > MAX_WAITING_BYTES) && !this.#stream.destroyed
  }

  /** Whether a packet that goes out in pieces has not ended: nothing can be said to the peer any more but by closing. */
  get isInside(): boolean {
    return this.#missing > 0
  }

  /** Milliseconds for which the peer has read nothing although something waits for it. */
  stalledFor(now: number): number {
    if (!this.isFull) this.#fullSince = 0
    else if (this.#fullSince === 0) this.#fullSince = now
    return this.#fullSince === 0 ? 0 : now - this.#fullSince
  }

  get buffered(): number {
    return this.#stream.writableLength + this.#waitingBytes
  }

  /** Holds `who` until what was written has gone. */
  holdWhileFull(who: Holdable): void {
    if (!this.isFull || this.#held?.has(who) === true) return
    this.#held ??= new Set()
    this.#held.add(who)
    who.hold()
  }

  #writeRun(moreFollows: boolean): void {
    const run = this.#run!
    this.#run = undefined
    if (moreFollows) this.#cork()
    this.#stream.write(this.#from === 0 && this.#to === run.length ? run : run.subarray(this.#from, this.#to))
  }

  #writeWaiting(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    this.#waitingBytes = 0
    for (const bytes of waiting) this.write(bytes)
    this.#wake()
  }

  /** Until the turn of the event loop ends at the latest. */
  #cork(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    this.#stream.cork()
    process.nextTick(flushOutlet, this)
  }

  #wake(): void {
    this.#fullSince = 0
    const held = this.#held
    if (held === undefined || this.isFull) return
    this.#held = undefined
    for (const who of held) who.release()
  }
}

const flushOutlet = (outlet: Outlet): void => outlet.flush()
