/** @module What the command says when it cannot: a code for programs, and a sentence with the next step for people. */

export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: string
  /** 1 refused or failed, 2 wrong usage. */
  readonly exitCode: 1 | 2

  constructor(code: string, message: string, { exitCode = 1, cause }: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, { cause })
    this.code = code
    this.exitCode = exitCode
  }
}

export const usage = (message: string): CliError => new CliError('WRONG_USAGE', message, { exitCode: 2 })

/** Returns what to print of any error: its own words, or those of a failure that no line of ours foresaw. */
export function describe(error: unknown): { code: string; message: string; exitCode: number } {
  if (error instanceof CliError) return error
  const { code, message } = error as Error & { code?: unknown }
  return { code: typeof code === 'string' ? code : 'FAILED', message: message ?? String(error), exitCode: 1 }
}
