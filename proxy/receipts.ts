/**
 * @module Receipts for a device that asks for them: each of its accesses gets a record of its own, and the recorder's
 * signed promise of it with the answer (DESIGN section 4). Within a budget: what it costs, the operator pays.
 */
import type { Address } from '../domain/bytes.ts'
import { RECEIPT_LENGTH, RECEIPT_PROPERTY, RECEIPT_UNAVAILABLE, RECEIPT_WANTED } from '../domain/receipt.ts'
import type { AccessJournal } from '../records/port.ts'
import { limitsIn } from './connection/peer-limits.ts'
import type { Counters } from './counters.ts'
import { SlidingCounts } from './rules/sliding-counts.ts'
import { decodePacket } from './wire/decode.ts'
import { encodePacket } from './wire/encode.ts'
import type { Frame } from './wire/frame.ts'
import type { AckPacket, ConnackPacket, ConnectPacket, SubackPacket } from './wire/packets.ts'
import type { Properties } from './wire/properties.ts'

const HOUR_MS = 3_600_000
const RECEIPTS_PER_HOUR = 60
/** A signer that is stuck must hold nobody. */
const SIGNED_WITHIN_MS = 2_000
/** Fixed header 2, packet id 2, reason code 1, property length 2, the property with its key. */
const SMALLEST_ACK = 2 + 2 + 1 + 2 + 5 + RECEIPT_PROPERTY.length + RECEIPT_LENGTH

/** How many receipts each wallet had, over all its connections to this proxy. */
export class ReceiptBudget {
  readonly #given = new SlidingCounts(HOUR_MS)

  /** False: beyond the budget, none of them. */
  take(wallet: Address, count: number, nowMs: number): boolean {
    if (this.#given.count(wallet, nowMs) + count > RECEIPTS_PER_HOUR) return false
    for (let i = 0; i < count; i++) this.#given.add(wallet, nowMs)
    return true
  }
}

interface Desk {
  journal: AccessJournal
  receiptBudget: ReceiptBudget
  counters: Counters
  turn: { nowMs: number }
}

/** Returns the connection's receipts; undefined for a device that does not ask. */
export function receiptsFor(connect: ConnectPacket | undefined, wallet: Address, desk: Desk): Receipts | undefined {
  if (connect?.version !== 5) return undefined
  const isAsked = connect.properties.userProperties?.some(
    ([key, value]) => key === RECEIPT_PROPERTY && value === RECEIPT_WANTED,
  )
  return isAsked === true ? new Receipts(connect.properties, wallet, desk) : undefined
}

export class Receipts {
  readonly #wallet: Address
  readonly #desk: Desk
  readonly #maxBytes: number
  readonly #fitsAcks: boolean
  /** Packets of the device that wait for the broker's answer, by their id. */
  readonly #waiting = new Map<number, string[]>()

  constructor(properties: Properties, wallet: Address, desk: Desk) {
    this.#wallet = wallet
    this.#desk = desk
    this.#maxBytes = limitsIn(properties).maximumPacketSize
    // User Properties in acknowledgements were declined, or do not fit. [MQTT-3.1.2-29] [MQTT-3.4.2-3]
    this.#fitsAcks = properties.requestProblemInformation !== false && this.#maxBytes >= SMALLEST_ACK
  }

  /** Whether `count` accesses that are answered by acknowledgements get receipts. They are counted by asking. */
  takeForAck(count: number): boolean {
    return this.#fitsAcks && this.#take(count)
  }

  takeForConnack(): boolean {
    return this.#take(1)
  }

  /** Resolves with the receipt of a record; with the word that there is none when it cannot be signed, or not in time. */
  async of(seq: number): Promise<string> {
    const { journal, counters } = this.#desk
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), SIGNED_WITHIN_MS)
    })
    const receipt = await Promise.race([journal.receipt(seq).catch(() => undefined), late])
    clearTimeout(timer)
    counters.count(receipt === undefined ? 'receipt:failed' : 'receipt:given')
    return receipt ?? RECEIPT_UNAVAILABLE
  }

  /** The broker's answer to the packet takes them along. */
  await(packetId: number, receipts: readonly (string | undefined)[]): void {
    const given = receipts.filter((receipt) => receipt !== undefined)
    if (given.length > 0) this.#waiting.set(packetId, given)
  }

  /** Returns the broker's PUBACK, PUBREC or SUBACK with what it takes along; undefined when it passes as it came. */
  attachTo(frame: Frame, packetId: number): Buffer | undefined {
    const receipts = this.#waiting.get(packetId)
    if (receipts === undefined) return undefined
    this.#waiting.delete(packetId)
    const decoded = decodePacket(frame, { version: 5, from: 'broker' })
    if (decoded.kind === 'malformed') return undefined
    const { packet } = decoded
    if (packet.cmd !== 'puback' && packet.cmd !== 'pubrec' && packet.cmd !== 'suback') return undefined
    return this.#within(packet, receipts)
  }

  /** The same for a SUBACK of which some codes are ours. */
  attachToSuback(packet: SubackPacket): Buffer | undefined {
    const receipts = this.#waiting.get(packet.packetId)
    this.#waiting.delete(packet.packetId)
    return receipts === undefined ? undefined : this.#within(packet, receipts)
  }

  /** Returns a CONNACK with its receipt, where the device takes so much. */
  attachToConnack(packet: ConnackPacket, receipt: string | undefined): Buffer {
    const bytes = receipt === undefined ? undefined : this.#within(packet, [receipt])
    return bytes ?? encodePacket(packet, 5)
  }

  #within(packet: AckPacket | SubackPacket | ConnackPacket, receipts: readonly string[]): Buffer | undefined {
    const bytes = encodePacket({ ...packet, properties: withReceipts(packet.properties, receipts) }, 5)
    if (bytes.length <= this.#maxBytes) return bytes
    this.#desk.counters.count('receipt:too-large')
    return undefined
  }

  #take(count: number): boolean {
    const { receiptBudget, counters, turn } = this.#desk
    const isWithin = receiptBudget.take(this.#wallet, count, turn.nowMs)
    if (!isWithin) counters.count('receipt:over-budget')
    return isWithin
  }
}

/** Returns the properties with the receipts behind all others, in the order of what they are for. */
export function withReceipts(properties: Properties, receipts: readonly (string | undefined)[]): Properties {
  const given = receipts.filter((receipt) => receipt !== undefined)
  if (given.length === 0) return properties
  const pairs = given.map((receipt): [string, string] => [RECEIPT_PROPERTY, receipt])
  return { ...properties, userProperties: [...(properties.userProperties ?? []), ...pairs] }
}
