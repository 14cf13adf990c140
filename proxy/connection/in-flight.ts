/** @module What awaits an answer on one connection: from the broker, from the device, or from us to either. */
import { PacketIds } from '../packet-ids.ts'
import type { Unreleased } from '../unreleased.ts'

interface OwnUnsubscribe extends PromiseWithResolvers<void> {
  filters: readonly string[]
}

export class InFlight {
  /** SUBSCRIBE packets that await the broker: our own code for each filter that we denied. */
  readonly subacks = new Map<number, (number | undefined)[]>()
  /** UNSUBSCRIBE packets that await the broker, with the shared subscriptions that stand until it has answered. */
  readonly unsubacks = new Map<number, readonly string[]>()
  /** The same of ours; a packet of the device that comes to the id waits. */
  readonly ownUnsubscribes = new Map<number, OwnUnsubscribe>()
  /** Ids of PUBLISH packets whose flow with the broker has not ended. */
  readonly sent = new PacketIds()
  /** Deliveries that the device has not acknowledged. */
  unacknowledged = 0
  /** Deliveries at QoS 2 that were withheld: we play the receiver to the broker. */
  readonly withheld = new Set<number>()
  /** PUBLISH at QoS 2 that went to the broker, which may hold them until PUBREL. */
  unreleased: Unreleased | undefined
  /** Which edition of what the disk says of them was read. */
  takenUp: number | undefined
  /** PUBLISH at QoS 2 that MQTT 3.1.1 was told to be received, and was not passed on: we play the receiver. */
  refused: Set<number> | undefined

  /** Returns whether a packet of the device with this id awaits the broker. */
  has(packetId: number): boolean {
    return this.subacks.has(packetId) || this.unsubacks.has(packetId) || this.sent.has(packetId)
  }

  /** Whether a PUBLISH of either side has not ended. */
  get isEmpty(): boolean {
    return this.sent.size === 0 && this.unacknowledged === 0
  }

  /** The broker answers no more: who waits for it goes on, and finds the connection closed. */
  abandon(): void {
    for (const { resolve } of this.ownUnsubscribes.values()) resolve()
  }
}
