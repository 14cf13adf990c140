/** @module What the doctor says of one thing: well, not quite, or not; and the line to paste where it is not. */

export interface Line {
  name: string
  state: 'ok' | 'warning' | 'failed'
  what: string
  /** A line to paste, or what to change; undefined where all is well. */
  remedy?: string
}

export const ok = (name: string, what: string): Line => ({ name, state: 'ok', what })
export const warning = (name: string, what: string, remedy: string): Line => ({ name, state: 'warning', what, remedy })
export const failed = (name: string, what: string, remedy: string): Line => ({ name, state: 'failed', what, remedy })
