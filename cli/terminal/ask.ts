/** @module A yes or no of the person at the terminal. Without a terminal nobody agrees: `--yes` does. */
import { createInterface } from 'node:readline/promises'

/** Resolves with true only when somebody said yes. */
export async function agrees(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}
