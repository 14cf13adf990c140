/**
 * @module The two sides of a connection, and how bytes go between them: in order, one packet after the other, and never
 * faster than the slower side takes them.
 */
import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { clock } from '../clock.ts'
import type { ProxyContext } from '../context.ts'
import type { Accepted } from '../listen/accepted.ts'
import { Outlet } from '../outlet.ts'
import { PacketPump } from '../pump.ts'
import type { Frame, Malformed } from '../wire/frame.ts'
import type { Properties } from '../wire/properties.ts'
import { BrokerTwin } from './broker-twin.ts'

export abstract class Sides {
  readonly context: ProxyContext
  /** How it came in: its listener, its place, and the client certificate's key. */
  readonly accepted: Accepted
  readonly device: Duplex
  readonly devicePump: PacketPump
  readonly toDevice: Outlet
  /** While in service. */
  broker: BrokerTwin | undefined
  /** When the device said that nothing more comes; 0 while it may. */
  farewellAt = 0
  /** Told how many packets the device sent at once; may hold the pump. */
  onPackets: ((packets: number) => void) | undefined
  #lastFromDevice = clock.nowMs()

  constructor(accepted: Accepted, context: ProxyContext) {
    const { stream: device } = accepted
    this.accepted = accepted
    this.device = device
    this.context = context
    this.toDevice = new Outlet(device)
    this.devicePump = new PacketPump({
      stream: device,
      maxPacketBytes: context.limits.maxPacketBytes,
      onTurn: () => this.#beginDeviceTurn(),
      onFrame: (frame) => this.onDeviceFrame(frame),
      onTurnEnd: (packets, bytes) => this.#endDeviceTurn(packets, bytes),
      onMalformed: (problem) => this.refuseMalformed(problem),
      onError: (error) => this.fail(error),
    })
    device.on('error', (error) => this.log.debug({ err: error }, 'device socket failed'))
    device.on('close', () => {
      if (this.farewellAt === 0) this.close()
    })
    device.on('end', () => {
      this.farewellAt = clock.nowMs()
      this.devicePump.finish(() => this.close()) // what it sent before its FIN still counts
    })
  }

  abstract get log(): Logger
  protected abstract onDeviceFrame(frame: Frame): Promise<void> | undefined
  protected abstract onBrokerFrame(frame: Frame): Promise<void> | undefined
  /** The device sent what is no packet. */
  abstract refuseMalformed(problem: Malformed): void
  /** The broker is gone, or sent what is no packet. */
  abstract loseBroker(why: string): void
  /** A handler failed. */
  protected abstract fail(error: unknown): void
  /** The device is gone. */
  abstract close(): void

  /** Takes the broker's socket once it has accepted our CONNECT with `says`. */
  attachBroker(socket: Socket, says: Properties): void {
    const { context } = this
    this.broker = new BrokerTwin({
      socket,
      says,
      turn: context.turn,
      onTurn: () => context.turn.begin(context.chain),
      onTurnEnd: (packets, bytes) => this.#endBrokerTurn(packets, bytes),
      onFrame: (frame) => this.onBrokerFrame(frame),
      onLost: (why) => this.loseBroker(why),
      onError: (error) => this.fail(error),
      onSocketError: (error) => this.log.debug({ err: error }, 'broker socket failed'),
    })
    this.devicePump.limit(Math.min(context.limits.maxPacketBytes, this.broker.takes.maximumPacketSize))
  }

  /** Something of ours to the device: while it does not read, we do not read it. */
  reply(bytes: Buffer): void {
    this.toDevice.write(bytes)
    this.toDevice.holdWhileFull(this.devicePump)
  }

  /** Something of the broker's to the device, written anew: while it does not read, we do not read the broker. */
  deliver(bytes: Buffer): void {
    this.toDevice.write(bytes)
    if (this.broker !== undefined) this.toDevice.holdWhileFull(this.broker)
  }

  /** A packet of the broker, as it came. */
  passToDevice(frame: Frame): void {
    this.toDevice.forward(frame)
  }

  /** A packet of ours, or one that was written anew. */
  toBroker(bytes: Buffer): void {
    this.broker?.send(bytes)
  }

  /** A packet of the device, as it came. */
  passToBroker(frame: Frame): void {
    this.broker?.pass(frame)
  }

  /** Bytes that wait here for somebody to take them. */
  get buffered(): number {
    return (this.broker?.buffered ?? 0) + this.toDevice.buffered + this.devicePump.buffered
  }

  /** Milliseconds for which the device has said nothing. While we do not read it, its silence is ours. */
  silentFor(now: number): number {
    if (this.devicePump.isHeld) this.#lastFromDevice = now
    return now - this.#lastFromDevice
  }

  /** Frees at once what a device does not read. */
  discard(): void {
    this.device.destroy()
  }

  /** What was said goes out, and nothing that comes counts. */
  protected endBoth(): void {
    this.devicePump.stop()
    this.broker?.end()
    this.toDevice.end()
  }

  #beginDeviceTurn(): void {
    const { turn, chain } = this.context
    turn.begin(chain)
    this.#lastFromDevice = turn.nowMs
  }

  #endDeviceTurn(packets: number, bytes: number): void {
    this.toDevice.flush()
    this.broker?.flush()
    this.broker?.holdWhileFull(this.devicePump)
    this.onPackets?.(packets)
    this.context.rest?.after(packets, bytes)
  }

  #endBrokerTurn(packets: number, bytes: number): void {
    this.broker?.flush()
    this.toDevice.flush()
    if (this.broker !== undefined) this.toDevice.holdWhileFull(this.broker)
    this.context.rest?.after(packets, bytes)
  }
}
