/**
 * @module How every command that sends transactions goes on: it shows what will happen and what that costs, asks, sends,
 * and waits. One rule decides what must be agreed to: on a terminal everything is asked; where nobody can be asked (a
 * pipe, --json), what the command names goes ahead, but what pays more than gas, or does more than was named, needs --yes.
 */
import { getAddress } from 'ethers'
import colors from 'picocolors'
import { estimateGas, type Receipt, suggestFees, TransactionError } from '../../contracts/rpc/transact.ts'
import { showAboutEth, showEth, showGas, showGwei } from '../../domain/amounts.ts'
import type { Hex } from '../../domain/bytes.ts'
import { type ContractCall, subjectOf } from '../../domain/contract-calls.ts'
import type { SigningContext } from '../context.ts'
import { CliError } from '../errors.ts'
import { agrees, canAsk } from '../terminal/ask.ts'
import type { RefusedCall } from '../terminal/explain-revert.ts'
import { quoted, visible, wrapped } from '../terminal/output.ts'
import { withProgress } from '../terminal/progress.ts'
import { encoded, explained } from './contract-calls.ts'

export interface Step extends ContractCall {
  /** What it does, as a line: `register home/kitchen`. */
  what: string
}

export interface Plan {
  steps: readonly Step[]
  /** What people should know before: a label and its text. */
  facts?: readonly (readonly [label: string, text: string])[]
  warnings?: readonly string[]
  /** What goes beyond the words of the command; a payment counts by itself. */
  beyond?: readonly string[]
  /** The line that agrees, where the given command and --yes is not it. */
  agreeWith?: string
  /** What must be kept before anything is sent, once it was agreed to. */
  prepare?: () => Promise<void>
  /** For the words of a refusal, where the call itself does not name the filter. */
  filter?: string
}

interface Priced {
  step: Step
  gas: bigint
  /** False where it depends on the step before, and its usual price stands for it. */
  isEstimated: boolean
}

interface Price {
  steps: Priced[]
  /** Wei, beyond gas. */
  pays: bigint
  /** Wei, about. */
  gasCost: bigint
  gasPrice: bigint
}

/** docs/gas.md, rounded up: for steps that cannot be estimated before the one above them is mined. */
const USUAL_GAS: Record<string, bigint> = { registerTopic: 62_000n, setTerms: 86_000n }
const LARGEST_USUAL_GAS = 120_000n

/** Resolves with the receipts; undefined when it was a dry run. Rejects CliError: refused, not agreed to, no funds. */
export async function carryOut(context: SigningContext, plan: Plan): Promise<Receipt[] | undefined> {
  const price = await priceOf(context, plan)
  await checkFunds(context, price)
  show(context, plan, price)
  if (context.dryRun) {
    context.output.line(colors.dim('\nA dry run: nothing was sent.'))
    context.output.result({ dryRun: true, ...asResult(price) })
    return undefined
  }
  await agree(context, plan, price)
  await plan.prepare?.()
  const receipts: Receipt[] = []
  for (const step of plan.steps) receipts.push(await send(context, step, plan))
  return receipts
}

async function priceOf(context: SigningContext, plan: Plan): Promise<Price> {
  const { rpc, deployment, sender } = context
  const fees = await suggestFees(rpc)
  const gasPrice = (fees.maxFeePerGas + fees.maxPriorityFeePerGas) / 2n // what the next block asks, and the tip
  const steps: Priced[] = []
  for (const step of plan.steps) {
    const work = estimateGas(rpc, sender.address, encoded(step, deployment.contract))
    const gas = await explained(aboutOf(context, plan, step), work).catch((error: unknown) => {
      // Only what comes first can be judged as things stand.
      if (steps.length === 0 || !isRevert(error)) throw error
      return undefined
    })
    const usual = USUAL_GAS[step.name] ?? LARGEST_USUAL_GAS
    // An estimate carries a fifth for safety.
    steps.push({ step, gas: gas === undefined ? usual : (gas * 5n) / 6n, isEstimated: gas !== undefined })
  }
  const pays = steps.reduce((sum, { step }) => sum + (step.value ?? 0n), 0n)
  const gas = steps.reduce((sum, priced) => sum + priced.gas, 0n)
  return { steps, pays, gasPrice, gasCost: gas * gasPrice }
}

const isRevert = (error: unknown): boolean =>
  error instanceof CliError && error.cause instanceof TransactionError && error.cause.code === 'REVERTED'

/** A call that names its topic by id is still refused in terms of the filter. */
const aboutOf = ({ sender }: SigningContext, plan: Plan, step: Step): RefusedCall => ({
  sender: sender.address,
  filter: plan.filter,
  ...subjectOf(step),
})

async function checkFunds({ rpc, sender }: SigningContext, { pays, gasCost }: Price): Promise<void> {
  const balance = BigInt(await rpc.request<Hex>('eth_getBalance', [sender.address, 'latest']))
  if (balance >= pays + gasCost) return
  const words = `${sender.address} has ${showAboutEth(balance)}; this takes about ${showAboutEth(pays + gasCost)}, gas included.`
  throw new CliError('INSUFFICIENT_FUNDS', `${words} Send it some, then try again.`)
}

function show({ output, signer, sender }: SigningContext, plan: Plan, price: Price): void {
  const by = `${visible(signer.name)} ${colors.dim(getAddress(sender.address))}`
  output.line(`${colors.bold('This will')}, signed by ${by}:`)
  for (const { step } of price.steps) output.line(`  ${colors.cyan('→')} ${visible(step.what)}`)
  const gas = price.steps.reduce((sum, priced) => sum + priced.gas, 0n)
  const cost = `about ${showAboutEth(price.gasCost)} for ${showGas(gas)} gas at ${showGwei(price.gasPrice)}`
  const costs: [string, string][] = [['gas', cost]]
  if (price.pays > 0n) costs.unshift(['payment', showEth(price.pays)])
  const facts = [...(plan.facts ?? []), ...costs]
  const width = Math.max(...facts.map(([label]) => label.length))
  output.line()
  for (const [label, text] of facts)
    output.line(`  ${colors.dim(label.padEnd(width))}  ${wrapped(visible(text), ' '.repeat(width + 4))}`)
  for (const warning of plan.warnings ?? [])
    output.line(`\n  ${colors.yellow('!')} ${wrapped(visible(warning), '    ')}`)
}

async function agree({ output, yes }: SigningContext, plan: Plan, { pays }: Price): Promise<void> {
  if (yes) return
  const beyond = [...(pays > 0n ? [`pays ${showEth(pays)}`] : []), ...(plan.beyond ?? [])]
  if (!output.json && canAsk()) {
    output.line()
    if (await agrees('Go ahead?')) return
    throw new CliError('NOT_AGREED', 'Nothing was sent.')
  }
  if (beyond.length === 0) return
  const line = plan.agreeWith ?? `npx flytrap ${process.argv.slice(2).map(quoted).join(' ')} --yes`
  throw new CliError('NOT_AGREED', `This ${beyond.join(' and ')}, and nobody can be asked here. Agree with: ${line}`)
}

/** Estimated anew, so that what changed while somebody thought is refused before it costs gas. */
function send(context: SigningContext, step: Step, plan: Plan): Promise<Receipt> {
  const { deployment, sender, output } = context
  const work = sender.send(encoded(step, deployment.contract))
  return withProgress(
    output,
    `${visible(step.what)}: waiting for its block`,
    explained(aboutOf(context, plan, step), work),
  )
}

const asResult = ({ steps, pays, gasCost }: Price): object => ({
  steps: steps.map(({ step, gas, isEstimated }) => ({
    what: step.what,
    call: step.name,
    valueWei: step.value ?? 0n,
    gas: gas.toString(),
    isEstimated,
  })),
  paysWei: pays,
  gasCostWei: gasCost,
})
