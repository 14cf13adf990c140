/** @module A command on a real terminal (a pty of util-linux's `script`): it may ask, and is answered. */
import { spawn } from 'node:child_process'
import { quoted } from '../../cli/terminal/output.ts'
import { hasTool } from './tools.ts'

export const hasTerminal = (): boolean => hasTool('script', 'bsdutils')

export interface TerminalRun {
  env?: Record<string, string>
  /** What is typed once the command has written the text before it. */
  answers?: readonly (readonly [after: string, typed: string])[]
}

/** Resolves with what stood on the terminal in the end: colours, moving lines and carriage returns taken out. */
export function runInTerminal(
  words: readonly string[],
  { env = {}, answers = [] }: TerminalRun = {},
): Promise<{ code: number | null; text: string }> {
  const waiting = [...answers]
  return new Promise((resolve) => {
    const child = spawn('script', ['-qec', words.map(quoted).join(' '), '/dev/null'], {
      // `script` runs what $SHELL says, and `quoted` writes bash's $'…'
      env: { ...process.env, SHELL: '/bin/bash', NO_COLOR: '1', TERM: 'dumb', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk
      const [next] = waiting
      if (next === undefined || !text.includes(next[0])) return
      waiting.shift()
      child.stdin.write(next[1])
    })
    child.on('close', (code) => resolve({ code, text: settled(text) }))
  })
}

const ESCAPE = String.fromCharCode(27)
/** A control sequence, a carriage return, a line feed, or plain text. */
const PIECES = new RegExp(`${ESCAPE}\\[[?\\d;]*[A-Za-z]|\\r|\\n|[^\\r\\n${ESCAPE}]+|${ESCAPE}`, 'g')

/** Plays what was written to the terminal, as far as our commands and readline go: lines, columns, erasing. */
function settled(text: string): string {
  const lines = ['']
  let column = 0
  const put = (line: string): void => {
    lines[lines.length - 1] = line
  }
  for (const [piece] of text.matchAll(PIECES)) {
    const line = lines.at(-1) ?? ''
    if (piece === '\n') lines.push('')
    if (piece === '\n' || piece === '\r' || piece.endsWith('[1G')) column = 0
    else if (piece === `${ESCAPE}[2K`) put('')
    else if (piece === `${ESCAPE}[0J` || piece === `${ESCAPE}[K`) put(line.slice(0, column))
    else if (/^.\[\d+G$/s.test(piece)) column = Number(piece.slice(2, -1)) - 1
    else if (!piece.startsWith(ESCAPE)) {
      put(line.slice(0, column).padEnd(column) + piece + line.slice(column + piece.length))
      column += piece.length
    }
  }
  return lines.join('\n')
}
