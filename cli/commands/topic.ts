/** @module `flytrap topic register | list`. */
import colors from 'picocolors'
import { readEvents } from '../../contracts/rpc/logs.ts'
import type { Address } from '../../domain/bytes.ts'
import { enumName, Right } from '../../domain/enums.ts'
import { literalAncestry, literalPrefix, parseRegisteredFilter } from '../../domain/topic-filter.ts'
import { anchorOf, type Grant, View, type ViewEvent } from '../../domain/view.ts'
import { ownerOf, registerTopic } from '../actions/contract-calls.ts'
import {
  type ChainContext,
  type GlobalOptions,
  openChain,
  openSigning,
  type SigningContext,
  type SigningOptions,
} from '../context.ts'
import { CliError, usage } from '../errors.ts'
import { addressOf, listKeys } from '../home/keys.ts'
import { agrees } from '../terminal/ask.ts'
import { quoted, shortHex } from '../terminal/output.ts'
import { showTime } from '../times.ts'

export async function register(filter: string, options: SigningOptions & { owner?: string }): Promise<void> {
  const parsed = parseRegisteredFilter(filter)
  if (parsed === undefined) {
    throw usage(
      `${JSON.stringify(filter)} cannot be registered: at most 256 bytes and 16 levels, # alone and last, + alone.`,
    )
  }
  const context = await openSigning(options)
  const owner = options.owner === undefined ? context.signer.address : addressOf(context.home, options.owner)
  for (const missing of await missingAbove(context, parsed)) {
    await agreeTo(context, missing, filter)
    await registerOne(context, missing, owner)
  }
  await registerOne(context, filter, owner)
}

/** The first-level name that must stand before anything below it, if it does not yet. */
async function missingAbove(
  { rpc, deployment }: SigningContext,
  filter: ReturnType<typeof parseRegisteredFilter> & string,
) {
  const literal = literalPrefix(filter)
  if (literal === undefined)
    throw usage(`${quoted(filter)} belongs to nobody: register a filter that begins with a name.`)
  const above = literalAncestry(literal).filter((name) => name !== filter)
  const place = { rpc, contract: deployment.contract }
  for (const name of above) if ((await ownerOf(place, name)) !== undefined) return []
  const first = above.at(-1)
  return first === undefined ? [] : [first]
}

async function agreeTo({ yes, output }: SigningContext, missing: string, filter: string): Promise<void> {
  const why = `${quoted(filter)} needs ${quoted(missing)} above it, which is not registered.`
  if (yes || (!output.json && (await agrees(`${why} Register both?`)))) return
  throw new CliError('TOPIC_MISSING', `${why} Register both with: npx flytrap topic register ${quoted(filter)} --yes`)
}

async function registerOne(context: SigningContext, filter: string, owner: Address): Promise<void> {
  const { rpc, deployment, sender, output } = context
  const { transactionHash, blockNumber } = await registerTopic(
    { rpc, contract: deployment.contract },
    sender,
    filter,
    owner,
  )
  output.line(
    `${colors.green('✓')} ${filter} is registered ${colors.dim(`(block ${blockNumber}; on chain for ever, for all to see)`)}`,
  )
  output.result({ registered: filter, owner, transaction: transactionHash, block: blockNumber })
}

export async function list(options: GlobalOptions): Promise<void> {
  const context = await openChain(options)
  const view = await foldView(context)
  const names = new Map(listKeys(context.home).map(({ name, address }) => [address, name]))
  const nameOf = (address: Address | undefined): string =>
    address === undefined ? '—' : (names.get(address) ?? shortHex(address))
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
  context.output.table(['topic', 'owner', 'who', 'may', 'until', 'grant'], rows)
}

const grantsOn = (grants: readonly Grant[], topicId: string): object[] =>
  grants
    .filter((grant) => grant.topicId === topicId)
    .map(({ id, account, right, until, endedBy }) => ({
      id,
      account,
      right: enumName(Right, right),
      until,
      ended: endedBy !== undefined,
    }))

function grantCells(grant: Grant, nameOf: (address: Address) => string): string[] {
  const ended = grant.endedBy === undefined ? '' : ' (revoked)'
  return [
    nameOf(grant.account),
    `${enumName(Right, grant.right)?.toLowerCase()}${ended}`,
    showTime(grant.until),
    `#${grant.id}`,
  ]
}

/** Everything from the contract's own events: no service of ours is asked. */
export async function foldView({ rpc, deployment }: ChainContext): Promise<View> {
  const view = new View()
  const toBlock = Number(await rpc.request<string>('eth_blockNumber'))
  const range = {
    address: deployment.contract,
    fromBlock: deployment.deployBlock,
    toBlock,
    names: ['TopicRegistered', 'GrantIssued', 'GrantEnded'] as const,
  }
  for await (const events of readEvents(rpc, range)) for (const event of events) view.apply(event as ViewEvent)
  return view
}
