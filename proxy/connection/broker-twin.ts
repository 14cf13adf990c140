/** @module The broker's side of one device connection: its socket, what comes from it, and what it takes. */
import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { hearsOut, Pings } from '../broker/hears-out.ts'
import { clock } from '../clock.ts'
import type { Turn } from '../context.ts'
import { type Holdable, Outlet } from '../outlet.ts'
import { PacketPump } from '../pump.ts'
import { PINGREQ } from '../wire/encode.ts'
import type { Frame, Malformed } from '../wire/frame.ts'
import type { Properties } from '../wire/properties.ts'
import { limitsIn, NO_LIMITS, type PeerLimits } from './peer-limits.ts'

export interface TwinOptions {
  socket: Socket
  /** Of the broker's CONNACK. */
  says: Properties
  turn: Turn
  onTurn: () => void
  onTurnEnd: (packets: number, bytes: number) => void
  onFrame: (frame: Frame) => Promise<void> | undefined
  onLost: (why: string) => void
  onError: (error: unknown) => void
  onSocketError: (error: Error) => void
}

export class BrokerTwin implements Holdable {
  /** What it can do. */
  readonly says: Properties
  /** A packet that it would not take is refused at the device. */
  readonly takes: PeerLimits
  readonly #socket: Socket
  readonly #pump: PacketPump
  readonly #outlet: Outlet
  readonly #turn: Turn
  readonly #pings = new Pings()
  #isLeft = false
  #lastTo = clock.nowMs()
  #lastFrom = clock.nowMs()

  /** Takes the socket once the broker has accepted our CONNECT. */
  constructor({ socket, says, turn, onTurn, onLost, onSocketError, ...events }: TwinOptions) {
    this.says = says
    this.takes = limitsIn(says)
    this.#turn = turn
    this.#socket = socket
    this.#outlet = new Outlet(socket)
    this.#pump = new PacketPump({
      stream: socket,
      // The device's own Maximum Packet Size binds the broker; ours binds only what devices send.
      maxPacketBytes: NO_LIMITS.maximumPacketSize,
      inPieces: true,
      onTurn: () => {
        onTurn()
        this.#lastFrom = turn.nowMs
      },
      onMalformed: ({ why }: Malformed) => onLost(why),
      ...events,
    })
    socket.on('error', onSocketError)
    // It may have closed while we were busy with the device.
    if (socket.closed) process.nextTick(onLost, 'closed')
    else socket.on('close', () => onLost('closed'))
    socket.resume() // what came behind CONNACK, after what is written to the device in this tick
  }

  /** A packet of ours, or one that was written anew. */
  send(bytes: Buffer): void {
    this.#lastTo = clock.nowMs()
    this.#outlet.write(bytes)
  }

  ping(): void {
    this.#pings.asked()
    this.send(PINGREQ)
  }

  /** A packet of the broker's that concerns the connection alone, by its type. */
  hear(type: number): void {
    this.#pings.hear(type)
  }

  /** A packet of the device, as it came. Goes out with `flush`. */
  pass(frame: Frame): void {
    this.#lastTo = this.#turn.nowMs
    this.#outlet.forward(frame)
  }

  flush(): void {
    this.#outlet.flush()
  }

  /** Holds `who` until the broker has taken what was sent. */
  holdWhileFull(who: Holdable): void {
    this.#outlet.holdWhileFull(who)
  }

  hold(): void {
    this.#pump.hold()
  }

  release(): void {
    this.#pump.release()
  }

  get isHeld(): boolean {
    return this.#pump.isHeld
  }

  get buffered(): number {
    return this.#outlet.buffered + this.#pump.buffered
  }

  /** Milliseconds since something went there. */
  idleFor(now: number): number {
    return now - this.#lastTo
  }

  /** Milliseconds for which it has said nothing, although we would have read it. */
  silentFor(now: number): number {
    if (this.#pump.isHeld) this.#lastFrom = now
    return now - this.#lastFrom
  }

  /** Before `end`: says `goodbye` so that it is known whether it was heard. Resolves true when it surely was. */
  leave(goodbye: Buffer): Promise<boolean> {
    this.#isLeft = true
    this.ping()
    return hearsOut(this.#socket, this.#pings, () => {
      this.#outlet.write(goodbye)
      this.#outlet.end()
    })
  }

  /** What was sent goes out, and nothing that comes counts but what says how it was taken. */
  end(): void {
    if (this.#isLeft) return this.#pump.waitForNobody()
    this.#pump.stop()
    this.#outlet.end()
  }
}
