/**
 * @module The messages of QoS 2 that a broker took from one session and may hold until their PUBREL. MQTT leaves
 * open whether PUBLISH or PUBREL hands a message on (section 4.3.3), so both are decided. Bounded: each holds a topic name.
 */
import { Buffer } from 'node:buffer'
import { ZERO_BYTES32 } from '../domain/bytes.ts'
import { DenialReason } from '../domain/enums.ts'
import { type CachedDecision, UNDECIDED } from './decision-cache.ts'
import type { LineKind } from './kept/lines.ts'

export interface HeldMessage {
  readonly name: CachedDecision
  readonly responseTopic: string | undefined
}

/** Some 20,000 messages with names of usual length: more than brokers take at once of one device. */
const MAX_HELD_BYTES = 8 << 20
/** What one costs besides its names: a slot of the map, a list, an object, a decision on a name of its own (measured). */
const BYTES_EACH = 400
/** A device that lost its memory uses an identifier anew; which of its messages the broker keeps nobody knows. */
const MAX_OF_ONE_ID = 4

export class Unreleased {
  readonly #held = new Map<number, readonly HeldMessage[]>()
  #bytes = 0
  /** Their PUBREL went on, and the broker has not answered. */
  readonly #released = new Set<number>()
  /** Whether the broker holds nothing of the session that is not known here: then what is unknown was completed. */
  isWhole: boolean
  /** Unix seconds: nothing is older. */
  since = Number.POSITIVE_INFINITY

  constructor({ isWhole }: { isWhole: boolean }) {
    this.isWhole = isWhole
  }

  /** What all of them take in memory, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** All that the broker may hand on for this identifier; undefined: nothing that is known. */
  of(packetId: number): readonly HeldMessage[] | undefined {
    return this.#held.get(packetId)
  }

  /** The same message sent again is one. */
  add(packetId: number, message: HeldMessage): void {
    const before = this.#held.get(packetId)
    if (before?.some((other) => isSame(other, message)) === true) return
    this.#held.set(packetId, before === undefined ? [message] : [...before, message])
    this.#bytes += sizeOf(message)
  }

  delete(packetId: number): void {
    for (const message of this.#held.get(packetId) ?? []) this.#bytes -= sizeOf(message)
    this.#held.delete(packetId)
    this.#released.delete(packetId)
  }

  /** The broker may hand on what stands under the identifier. Until it has, nothing new may. */
  release(packetId: number): void {
    this.#released.add(packetId)
  }

  isReleased(packetId: number): boolean {
    return this.#released.has(packetId)
  }

  /** Whether one more could not be kept in mind. */
  isFullFor(packetId: number): boolean {
    return this.#bytes >= MAX_HELD_BYTES || (this.#held.get(packetId)?.length ?? 0) >= MAX_OF_ONE_ID
  }

  /** Each is decided anew as it is released. */
  undecide(): void {
    for (const messages of this.#held.values()) for (const { name } of messages) name.epoch = UNDECIDED
  }

  /** One line a message, with its identifiers, or several: what a session remembers over its connections. */
  toLines(): string[] {
    const idsOf = new Map<string, number[]>()
    for (const [packetId, messages] of this.#held) {
      for (const { name, responseTopic = null } of messages) {
        const key = JSON.stringify([name.topicName, responseTopic])
        const ids = idsOf.get(key)
        if (ids === undefined) idsOf.set(key, [packetId])
        else ids.push(packetId)
      }
    }
    const lines = [...idsOf].flatMap(([key, ids]) => {
      const names = JSON.parse(key) as unknown[]
      return piecesOf(ids).map((piece) => JSON.stringify([...names, piece]))
    })
    return this.isWhole ? [...lines, WHOLE] : lines
  }

  /** What was remembered of the session, and since when: beside what is known. */
  addLines(lines: readonly string[], since: number): void {
    this.since = Math.min(this.since, since)
    if (lines.includes(WHOLE)) this.isWhole = true
    for (const line of lines) {
      const [topicName, responseTopic, ids] = JSON.parse(line) as Line
      const message = { name: undecided(topicName), responseTopic: responseTopic ?? undefined }
      for (const packetId of ids) this.add(packetId, message)
    }
  }
}

/** Of no name and no identifier. The last line: lists that are too long lose their end. */
const WHOLE = JSON.stringify(['', null, []])

/** A line that is too long for what may be kept is lost whole. */
const IDS_A_LINE = 500

function piecesOf(ids: readonly number[]): number[][] {
  const pieces: number[][] = []
  for (let at = 0; at < ids.length; at += IDS_A_LINE) pieces.push(ids.slice(at, at + IDS_A_LINE))
  return pieces
}

type Line = [topicName: string, responseTopic: string | null, packetIds: number[]]

/** A line without its names stands for messages that nobody may release: what the broker holds of them never goes on. */
export const RELEASE_LINES: LineKind = {
  namesIn: (line) => (JSON.parse(line) as Line).slice(0, 2).filter((name): name is string => Boolean(name)),
  without: (line) => JSON.stringify(['', null, (JSON.parse(line) as Line)[2]]),
}

const sizeOf = ({ name, responseTopic = '' }: HeldMessage): number =>
  BYTES_EACH + name.topicNameBytes.length + responseTopic.length

const isSame = (a: HeldMessage, b: HeldMessage): boolean =>
  a.name.topicName === b.name.topicName && a.responseTopic === b.responseTopic

/** Stands for what nobody can name: nobody may release it. */
export const nameless = (): HeldMessage => ({ name: undecided(''), responseTopic: undefined })

const undecided = (topicName: string): CachedDecision => ({
  topicNameBytes: Buffer.from(topicName),
  topicName,
  epoch: UNDECIDED,
  second: 0,
  decision: { outcome: 'denied', reason: DenialReason.NO_GRANT, topicId: ZERO_BYTES32, grantId: 0 },
  window: undefined,
})
