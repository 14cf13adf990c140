/** @module `flytrap hold set | lift | list`: what a legal claim keeps from being erased (GDPR Art. 17(3)(e), 18). */
import colors from 'picocolors'
import { showTime } from '../../domain/amounts.ts'
import { parseTopicFilter, topicIdOf } from '../../domain/topic-filter.ts'
import type { LegalHold } from '../../records/store/port.ts'
import { type GlobalOptions, openContext } from '../context.ts'
import { CliError, usage } from '../errors.ts'
import { addressOf } from '../home/keys.ts'
import { askUp } from '../up/control.ts'

export interface HoldOptions extends GlobalOptions {
  account?: string
  topic?: string
  reason: string
}

export async function set({ account, topic, reason, ...options }: HoldOptions): Promise<void> {
  if (account === undefined && topic === undefined)
    throw usage('Say what is held: npx flytrap hold set --account ACCOUNT, --topic FILTER or both.')
  const { home, output } = openContext(options)
  const filter = topic === undefined ? undefined : parseTopicFilter(topic)
  if (topic !== undefined && filter === undefined) throw usage(`${JSON.stringify(topic)} is no topic filter.`)
  const hold = await askUp<LegalHold>(home, 'hold', {
    reason,
    ...(account === undefined ? {} : { account: addressOf(home, account) }),
    ...(filter === undefined ? {} : { topicId: topicIdOf(filter) }),
  })
  output.line(`${colors.green('✓')} held until it is lifted with: npx flytrap hold lift ${hold.id}`)
  output.result({ hold })
}

export async function lift(id: string, options: GlobalOptions): Promise<void> {
  const { home, output } = openContext(options)
  const { lifted } = await askUp<{ lifted: boolean }>(home, 'hold-lift', { id })
  if (!lifted) throw new CliError('HOLD_MISSING', `There is no hold ${JSON.stringify(id)}. See: npx flytrap hold list`)
  output.line(`${colors.green('✓')} lifted; what was ordered meanwhile is erased within the hour`)
  output.result({ lifted: id })
}

export async function list(options: GlobalOptions): Promise<void> {
  const { home, output } = openContext(options)
  const { holds } = await askUp<{ holds: LegalHold[] }>(home, 'holds')
  output.result({ holds })
  if (holds.length === 0) return output.line('Nothing is held.')
  output.table(
    ['id', 'account', 'topic', 'reason', 'since', 'lifted'],
    holds.map(({ id, account, topicId, reason, since, liftedAt }) => [
      id,
      account ?? 'any',
      topicId ?? 'any',
      reason,
      showTime(since),
      liftedAt === undefined ? '' : showTime(liftedAt),
    ]),
  )
}
