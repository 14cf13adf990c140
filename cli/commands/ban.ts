/** @module `flytrap ban list | lift`: who is shut out, until when, and the way back in. */
import colors from 'picocolors'
import { showTime } from '../../domain/amounts.ts'
import { type GlobalOptions, openContext } from '../context.ts'
import { CliError } from '../errors.ts'
import { addressOf } from '../home/keys.ts'
import { askUp } from '../up/control.ts'

interface ShownBan {
  /** In clear where this proxy banned; else the pseudonym that stands on chain. */
  whom: string
  until: number
}

export async function list(options: GlobalOptions): Promise<void> {
  const { home, output } = openContext(options)
  const { bans } = await askUp<{ bans: ShownBan[] }>(home, 'bans')
  output.result({ bans })
  if (bans.length === 0) return output.line('Nobody is banned.')
  output.table(
    ['whom', 'until'],
    bans.map(({ whom, until }) => [whom, showTime(until)]),
  )
}

/** `whom`: an IP address, or an account. */
export async function lift(
  whom: string,
  { clientId, ...options }: GlobalOptions & { clientId?: string },
): Promise<void> {
  const { home, output } = openContext(options)
  const target = /[.:]/.test(whom) ? { address: whom } : { wallet: addressOf(home, whom) }
  const name = clientId === undefined ? {} : { clientId }
  const { lifted } = await askUp<{ lifted: number }>(home, 'ban-lift', { ...target, ...name })
  if (lifted === 0) {
    const remedy = 'See who is with: npx flytrap ban list'
    throw new CliError(
      'NOT_BANNED',
      `${JSON.stringify(whom)} is not banned${clientId === undefined ? '' : ' under that client id'}. ${remedy}`,
    )
  }
  output.line(
    `${colors.green('✓')} ${lifted === 1 ? 'the ban is' : `${lifted} bans are`} lifted, here at once, elsewhere with the next block`,
  )
  output.result({ lifted })
}
