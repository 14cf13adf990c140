/** @module Which packet identifiers are in use: one bit each, and only as many as were ever needed. [MQTT-2.2.1-3] */

export class PacketIds {
  #bits = new Uint8Array(0)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(packetId: number): boolean {
    return ((this.#bits[packetId >> 3] ?? 0) & (1 << (packetId & 7))) !== 0
  }

  add(packetId: number): void {
    const at = packetId >> 3
    if (at >= this.#bits.length) this.#grow(at + 1)
    if (this.has(packetId)) return
    this.#bits[at]! |= 1 << (packetId & 7)
    this.#size++
  }

  /** Returns whether it was in use. */
  delete(packetId: number): boolean {
    if (!this.has(packetId)) return false
    this.#bits[packetId >> 3]! &= ~(1 << (packetId & 7))
    this.#size--
    return true
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.min(8_192, Math.max(16, least * 2)))
    grown.set(this.#bits)
    this.#bits = grown
  }
}
