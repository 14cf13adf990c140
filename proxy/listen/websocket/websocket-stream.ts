/**
 * @module A WebSocket's binary messages as one stream of bytes: control packets may span messages or share one
 * [MQTT-6.0.0-2]. What is not read is not taken from the network; what is not sent yet makes `write` say so.
 */
import { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** RFC 6455 section 7.4.1. */
const NORMAL = 1000
const UNACCEPTABLE_DATA = 1003
/** Pongs that may wait for a peer that pings and does not read. */
const MAX_WAITING_BYTES = 64 * 1_024

export type WebSocketRefusal = 'text message' | 'broken frame'

export class WebSocketStream extends Duplex {
  readonly #ws: WebSocket

  constructor(ws: WebSocket, onRefused: (what: WebSocketRefusal, why?: string) => void) {
    super()
    this.#ws = ws
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) return this.#take(data)
      onRefused('text message') // [MQTT-6.0.0-1]
      ws.close(UNACCEPTABLE_DATA)
      this.#take(null)
    })
    // Answered here, not by the library, which would pile up pongs for whoever does not read them.
    ws.on('ping', (data: Buffer) => {
      if (ws.bufferedAmount < MAX_WAITING_BYTES) ws.pong(data)
    })
    // A broken frame: the library answers with its close code, and closes.
    ws.on('error', (error) => {
      onRefused('broken frame', error.message)
      this.#take(null)
    })
    ws.on('close', () => this.#take(null))
  }

  override _read(): void {
    if (this.#ws.isPaused) this.#ws.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#ws.send(chunk, { binary: true }, done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#ws.send(Buffer.concat(chunks.map(({ chunk }) => chunk)), { binary: true }, done)
  }

  override _final(done: () => void): void {
    if (this.#ws.readyState === this.#ws.CLOSED) return done()
    this.#ws.once('close', () => done())
    this.#ws.close(NORMAL)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#ws.terminate()
    done(error)
  }

  #hasEnded = false

  #take(data: Buffer | null): void {
    if (this.#hasEnded || this.destroyed) return
    this.#hasEnded = data === null
    if (!this.push(data) && data !== null) this.#ws.pause()
  }
}
