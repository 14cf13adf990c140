/** @module A line that moves while something is waited for, on a terminal only, and leaves nothing behind. */
import colors from 'picocolors'
import { hideMoving, showMoving } from './moving-line.ts'
import type { Output } from './output.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 80

/** Resolves or rejects as `work` does. `what` may change while it goes on. */
export async function withProgress<T>(output: Output, what: string | (() => string), work: Promise<T>): Promise<T> {
  if (output.json || !process.stderr.isTTY) return work
  const startedAt = performance.now()
  let frame = 0
  const timer = setInterval(() => {
    const seconds = Math.floor((performance.now() - startedAt) / 1_000)
    const mark = colors.cyan(FRAMES[frame++ % FRAMES.length] ?? '')
    showMoving(`${mark} ${typeof what === 'string' ? what : what()} … ${seconds} s`)
  }, FRAME_MS)
  try {
    return await work
  } finally {
    clearInterval(timer)
    hideMoving()
  }
}
