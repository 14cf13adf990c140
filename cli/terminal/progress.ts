/** @module A line that moves while something is waited for, on a terminal only, and leaves nothing behind. */
import colors from 'picocolors'
import type { Output } from './output.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 80

/** Resolves or rejects as `work` does. */
export async function withProgress<T>(output: Output, what: string, work: Promise<T>): Promise<T> {
  const stream = process.stderr
  if (output.json || !stream.isTTY) return work
  const startedAt = performance.now()
  let frame = 0
  const timer = setInterval(() => {
    const seconds = Math.floor((performance.now() - startedAt) / 1_000)
    stream.write(`\r\u001b[2K${colors.cyan(FRAMES[frame++ % FRAMES.length] ?? '')} ${what} … ${seconds} s`)
  }, FRAME_MS)
  try {
    return await work
  } finally {
    clearInterval(timer)
    if (frame > 0) stream.write('\r\u001b[2K')
  }
}
