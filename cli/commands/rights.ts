/** @module `flytrap rights`: who may publish and subscribe what a filter means, now or at a date, from the chain alone. */
import colors from 'picocolors'
import { showTime } from '../../domain/amounts.ts'
import type { Address } from '../../domain/bytes.ts'
import { enumName, LawfulBasis, Right } from '../../domain/enums.ts'
import { overlaps } from '../../domain/filter-overlap.ts'
import { literalPrefix, parseTopicFilter } from '../../domain/topic-filter.ts'
import { type HeldRight, rightsOn, standingWords } from '../../domain/topic-holdings.ts'
import { nearestLiteralTopic, type View } from '../../domain/view.ts'
import { blockAt, readView } from '../actions/read-view.ts'
import { type GlobalOptions, openChain } from '../context.ts'
import { usage } from '../errors.ts'
import { createNamer } from '../home/keys.ts'
import { quoted, visible } from '../terminal/output.ts'
import { now, parseDate } from '../times.ts'

export async function rights(text: string, options: GlobalOptions & { at?: string }): Promise<void> {
  const filter = parseTopicFilter(text)
  if (filter === undefined) throw usage(`${quoted(text)} is no topic name or filter.`)
  const time = options.at === undefined ? now() : parseDate(options.at)
  const context = await openChain(options)
  const { home, output, rpc, deployment } = context
  const block = options.at === undefined ? undefined : await blockAt(rpc, time, deployment.deployBlock)
  const view = await readView(context, block)
  const owners = ownersOf(view, filter)
  const held = rightsOn(view, filter, time)
  const person = createNamer(home)
  for (const [topic, owner] of owners) output.result({ topic, account: owner, right: 'OWNER', standing: 'counts' })
  for (const row of held) output.result(resultOf(row))
  output.line(
    `Who may use ${colors.bold(visible(filter))}${block === undefined ? '' : `, as of ${showTime(time)} (block ${block})`}:\n`,
  )
  if (owners.length === 0 && held.length === 0) return output.line('  Nobody: no registered topic covers it.')
  output.table(
    ['who', 'may', 'on', 'until', 'why', 'standing'],
    [
      ...owners.map(([topic, owner]) => [
        person(owner),
        'everything',
        `${topic} and below`,
        '',
        'owner',
        suspended(view, owner, time),
      ]),
      ...held.map((row) => cellsOf(row, person)),
    ],
  )
}

/** The literal topic that rules over the filter, and those below that it reaches into. */
function ownersOf(view: View, filter: string): [string, Address][] {
  const prefix = literalPrefix(filter as never)
  const above = prefix === undefined ? undefined : nearestLiteralTopic(view, prefix)
  const below = [...view.topics()].filter((topic) => topic.owner !== undefined && overlaps(topic.filter, filter))
  const found = [...(above === undefined ? [] : [above]), ...below]
  return [...new Map(found.map((topic) => [topic.filter as string, topic.owner!]))]
}

const suspended = (view: View, owner: Address, time: number): string =>
  view.suspendedUntil(owner) > time ? 'suspended' : 'counts'

const cellsOf = ({ topic, grant, flaw }: HeldRight, person: (address: Address) => string): string[] => [
  person(grant.account),
  enumName(Right, grant.right)?.toLowerCase() ?? '',
  topic.filter,
  showTime(grant.until),
  grant.bought === undefined
    ? `grant ${grant.id} by ${person(grant.grantor)} (${basisWords(grant.basis)})`
    : `purchase ${grant.id} from ${person(grant.grantor)}`,
  standingWords(flaw),
]

const basisWords = (basis: number): string => enumName(LawfulBasis, basis)?.toLowerCase().replaceAll('_', ' ') ?? ''

const resultOf = ({ topic, grant, flaw }: HeldRight): object => ({
  topic: topic.filter,
  account: grant.account,
  right: enumName(Right, grant.right),
  grantId: grant.id,
  bought: grant.bought !== undefined,
  grantor: grant.grantor,
  lawfulBasis: enumName(LawfulBasis, grant.basis),
  until: grant.until,
  counts: flaw === undefined,
  standing: standingWords(flaw),
})
