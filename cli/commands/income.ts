/** @module `flytrap income`: what an account was credited, for which topic, and what it can withdraw. */
import colors from 'picocolors'
import type { ContractEvent } from '../../contracts/abi/events.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import { showEth, showTime } from '../../domain/amounts.ts'
import type { Address } from '../../domain/bytes.ts'
import { enumName, Income } from '../../domain/enums.ts'
import { creditOf } from '../actions/contract-reads.ts'
import { newestBlock, readView, timeOf } from '../actions/read-view.ts'
import { type ChainContext, openChain, type SigningOptions, signerOf } from '../context.ts'
import { addressOf, createNamer } from '../home/keys.ts'
import { shortHex } from '../terminal/output.ts'

const SHOWN = 20

interface Row {
  block: number
  topicId: string | undefined
  what: string
  /** Wei; negative when it was paid out. */
  amount: bigint
}

export async function income(account: string | undefined, options: SigningOptions): Promise<void> {
  const context = await openChain(options)
  const { home, output, rpc, deployment } = context
  const owner = account === undefined ? signerOf(context, options).address : addressOf(home, account)
  const [rows, view] = [await readRows(context, owner), await readView(context)]
  const credit = await creditOf({ rpc, contract: deployment.contract }, owner)
  const filterOf = (topicId: string | undefined): string =>
    topicId === undefined ? '' : (view.topicById(topicId as Address)?.filter ?? shortHex(topicId))
  for (const { block, topicId, what, amount } of rows)
    output.result({ block, topic: topicId === undefined ? null : filterOf(topicId), what, amountWei: amount })
  const person = createNamer(home)(owner)
  output.result({ account: owner, creditWei: credit })
  if (rows.length > 0)
    output.table(['when', 'topic', 'what', 'amount'], await cellsOf(context, rows.slice(-SHOWN), filterOf))
  if (rows.length > SHOWN)
    output.line(colors.dim(`  and ${rows.length - SHOWN} before; all of them: npx flytrap income ${person} --json`))
  output.line(
    `${rows.length === 0 ? '' : '\n'}${person} can withdraw ${credit === 0n ? 'nothing' : colors.bold(showEth(credit))}`,
  )
  if (credit > 0n) output.line(colors.dim(`  with: npx flytrap withdraw ${person}`))
}

async function readRows({ rpc, deployment }: ChainContext, owner: Address): Promise<Row[]> {
  const names = ['Credited', 'Withdrawn'] as const
  const range = {
    address: deployment.contract,
    fromBlock: deployment.deployBlock,
    toBlock: await newestBlock(rpc),
    names,
  }
  const rows: Row[] = []
  for await (const events of readEvents(rpc, range)) rows.push(...events.flatMap((event) => rowOf(event, owner) ?? []))
  return rows
}

function rowOf(event: ContractEvent, owner: Address): Row | undefined {
  const block = event.log.blockNumber
  if (event.name === 'Credited' && event.args.account === owner) {
    const { topicId, income: kind, amount } = event.args
    return { block, topicId, what: enumName(Income, Number(kind))?.toLowerCase() ?? `kind ${kind}`, amount }
  }
  if (event.name !== 'Withdrawn' || event.args.account !== owner) return undefined
  return { block, topicId: undefined, what: 'withdrawn', amount: -event.args.amount }
}

async function cellsOf({ rpc }: ChainContext, rows: readonly Row[], filterOf: (topicId: string | undefined) => string) {
  const times = new Map<number, number>()
  for (const { block } of rows) if (!times.has(block)) times.set(block, await timeOf(rpc, block))
  return rows.map(({ block, topicId, what, amount }) => [
    showTime(times.get(block) ?? 0),
    filterOf(topicId),
    what,
    amount < 0n ? `− ${showEth(-amount)}` : `+ ${showEth(amount)}`,
  ])
}
