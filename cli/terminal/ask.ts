/** @module A yes or no of the person at the terminal. Without a terminal nobody agrees: `--yes` does. */
import { createInterface } from 'node:readline/promises'

export const canAsk = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true

/** Resolves with true only when somebody said yes. */
export async function agrees(question: string): Promise<boolean> {
  if (!canAsk()) return false
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim())
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error
    process.stdout.write('\n') // Ctrl-C and Ctrl-D say no
    return false
  } finally {
    terminal.close()
  }
}
