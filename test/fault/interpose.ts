/** @module A disk that fails and a clock that jumps, for one child process: gcc builds what LD_PRELOAD puts before libc. */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { hasTool } from '../support/tools.ts'

/** As in interpose.c. */
const DISK = { well: 0, full: 1, readOnly: 2, lostWrite: 3, lostSync: 4 } as const
const PAGE_BYTES = 4_096

export interface Interposer {
  /** What the child must be started with. */
  env: Record<string, string>
  /** What its disk does; each write and sync takes `delayMs` longer. */
  disk(state: keyof typeof DISK, delayMs?: number): void
  /** What its wall clock is ahead of the true one. */
  clock(aheadMs: number): void
  /** Calls that were hit so far: a fault that hit nothing proves nothing. */
  hits(): number
  close(): void
}

/** False where it cannot be had: said loudly. */
export const canInterpose = (): boolean => process.platform === 'linux' && hasTool('gcc', 'gcc')

/** Breaks files below `dir` alone. */
export function buildInterposer(dir: string, scratch: string): Interposer {
  const library = join(scratch, 'interpose.so')
  const page = join(scratch, 'orders')
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-o', library, join(import.meta.dirname, 'interpose.c'), '-ldl'])
  writeFileSync(page, Buffer.alloc(PAGE_BYTES))
  const file = openSync(page, 'r+')
  const order = Buffer.alloc(16)
  const put = (): void => void writeSync(file, order, 0, order.length, 0)
  return {
    env: { LD_PRELOAD: library, FAULT_PAGE: page, FAULT_DIR: dir },
    disk(state, delayMs = 0) {
      order.writeUInt32LE(DISK[state], 0)
      order.writeUInt32LE(delayMs, 4)
      put()
    },
    clock(aheadMs) {
      order.writeBigInt64LE(BigInt(aheadMs), 8)
      put()
    },
    hits() {
      const count = Buffer.alloc(8)
      readSync(file, count, 0, 8, 16)
      return Number(count.readBigUInt64LE())
    },
    close: () => closeSync(file),
  }
}
