/** @module The windows that are open, by key and by connection, and the ticks on which they close together. */
import type { OpenWindow } from './window.ts'

export class OpenWindows {
  readonly #byKey = new Map<string, OpenWindow>()
  readonly #byConnection = new Map<number, Map<string, OpenWindow>>()
  /** Common ticks, one timer a window length: windows that began at different times close together, and share a batch. */
  readonly #ticks = new Map<number, NodeJS.Timeout>()
  readonly #onClose: (window: OpenWindow) => void
  /** Of attempts that proved no identity. */
  strangers = 0

  /** `onClose` is told of each window that ends here. */
  constructor(onClose: (window: OpenWindow) => void) {
    this.#onClose = onClose
  }

  get(key: string): OpenWindow | undefined {
    return this.#byKey.get(key)
  }

  all(): Iterable<OpenWindow> {
    return this.#byKey.values()
  }

  put(key: string, window: OpenWindow): void {
    this.#byKey.set(key, window)
    const { connectionId, network } = window.access
    if (network !== undefined) this.strangers++
    if (connectionId !== undefined) {
      const mine = this.#byConnection.get(connectionId) ?? new Map<string, OpenWindow>()
      this.#byConnection.set(connectionId, mine.set(key, window))
    }
    this.#tick(window.capture.windowMs)
  }

  /** Takes the window out, if it is still the one of this key. */
  remove(key: string, window: OpenWindow): void {
    if (this.#byKey.get(key) !== window) return
    this.#byKey.delete(key)
    const { connectionId, network } = window.access
    if (network !== undefined) this.strangers--
    if (connectionId === undefined) return
    const mine = this.#byConnection.get(connectionId)
    mine?.delete(key)
    if (mine?.size === 0) this.#byConnection.delete(connectionId)
  }

  close(key: string, window: OpenWindow): void {
    window.isClosed = true
    this.remove(key, window)
    this.#onClose(window)
  }

  closeAll(): void {
    for (const [key, window] of this.#byKey) this.close(key, window)
  }

  closeConnection(connectionId: number): void {
    for (const [key, window] of this.#byConnection.get(connectionId) ?? []) this.close(key, window)
  }

  stopTicks(): void {
    for (const tick of this.#ticks.values()) clearInterval(tick)
    this.#ticks.clear()
  }

  #tick(windowMs: number): void {
    if (this.#ticks.has(windowMs)) return
    const close = (): void => {
      for (const [key, window] of this.#byKey) if (window.capture.windowMs === windowMs) this.close(key, window)
    }
    this.#ticks.set(windowMs, setInterval(close, windowMs))
  }
}
