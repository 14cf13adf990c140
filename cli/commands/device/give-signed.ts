/** @module How a signed line is handed over: printed, or put in a file, with the command that sends it. */
import colors from 'picocolors'
import { showTime } from '../../../domain/amounts.ts'
import { writeWhole } from '../../home/files.ts'
import { type Output, quoted, visible } from '../../terminal/output.ts'

export interface SignOptions {
  /** Sign only; another sends it and pays the gas. */
  sign?: boolean
  /** How long it may be sent. */
  goodFor?: string
  /** The file for it. */
  output?: string
}

interface SignedText {
  text: string
  what: string
  /** Unix seconds. */
  deadline: number
  file: string | undefined
}

export function giveSigned(output: Output, { text, what, deadline, file }: SignedText): void {
  if (file !== undefined) writeWhole(file, `${text}\n`)
  output.line(`${colors.green('✓')} signed: ${visible(what)}`)
  output.line(
    `Anyone may send it until ${showTime(deadline)}, and pays the gas; the next step of the signer’s devices voids it:\n`,
  )
  output.line(`npx flytrap device submit ${quoted(file ?? text)}`)
  output.result({ signed: text, deadline, ...(file === undefined ? {} : { file }) })
}
