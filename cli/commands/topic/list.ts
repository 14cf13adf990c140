/** @module `flytrap topic list`: every topic, whose it is, and who may what. */

import { showTime } from '../../../domain/amounts.ts'
import type { Address } from '../../../domain/bytes.ts'
import { enumName, Right } from '../../../domain/enums.ts'
import { anchorOf, type Grant } from '../../../domain/view.ts'
import { readView } from '../../actions/read-view.ts'
import { type GlobalOptions, openChain } from '../../context.ts'
import { createNamer } from '../../home/keys.ts'
import { shortHex } from '../../terminal/output.ts'

export async function list(options: GlobalOptions): Promise<void> {
  const context = await openChain(options)
  const view = await readView(context)
  const person = createNamer(context.home)
  const nameOf = (address: Address | undefined): string =>
    address === undefined ? '—' : person(address).replace(/^0x\w{40}$/, shortHex)
  const topics = [...view.topics()].map((topic) => ({ ...topic, owner: anchorOf(view, topic)?.owner }))
  const grants = view.snapshot().grants
  for (const { filter, owner, topicId } of topics)
    context.output.result({ filter, topicId, owner, grants: grantsOn(grants, topicId) })
  if (topics.length === 0)
    return context.output.line('No topic is registered yet. Register one: npx flytrap topic register home')
  const rows = topics.flatMap(({ filter, owner, topicId }) => {
    const held = grants.filter((grant) => grant.topicId === topicId)
    const first = [filter, nameOf(owner)]
    if (held.length === 0) return [[...first, '—', '', '', '']]
    return held.map((grant, i) => [...(i === 0 ? first : ['', '']), ...grantCells(grant, nameOf)])
  })
  context.output.table(['topic', 'owner', 'who', 'may', 'until', 'right'], rows)
}

const grantsOn = (grants: readonly Grant[], topicId: string): object[] =>
  grants
    .filter((grant) => grant.topicId === topicId)
    .map(({ id, account, right, until, endedBy, bought }) => ({
      id,
      account,
      right: enumName(Right, right),
      until,
      bought: bought !== undefined,
      ended: endedBy !== undefined,
    }))

function grantCells(grant: Grant, nameOf: (address: Address) => string): string[] {
  const ended = grant.endedBy === undefined ? '' : ' (ended)'
  return [
    nameOf(grant.account),
    `${enumName(Right, grant.right)?.toLowerCase()}${ended}`,
    showTime(grant.until),
    `#${grant.id} ${grant.bought === undefined ? 'granted' : 'bought'}`,
  ]
}
