/** @module `flytrap revoke`: ends an account's rights, granted and bought alike: it finds out which stand. */
import colors from 'picocolors'
import { showEth } from '../../domain/amounts.ts'
import type { Address } from '../../domain/bytes.ts'
import { endingOf, revocationOf } from '../../domain/contract-calls.ts'
import type { Right } from '../../domain/enums.ts'
import { BOTH_RIGHTS, eachRight, namesOf, wordsOf } from '../../domain/rights.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { carryOut, type Step } from '../actions/carry-out.ts'
import type { ContractPlace } from '../actions/contract-calls.ts'
import { boughtRight, grantedRight, ownerOf, unusedOf } from '../actions/contract-reads.ts'
import { type RightsFlags, rightsOf } from '../actions/rights-words.ts'
import { openSigning, type SigningOptions } from '../context.ts'
import { CliError } from '../errors.ts'
import { addressOf } from '../home/keys.ts'
import { quoted, visible } from '../terminal/output.ts'
import { unregistered } from './topic/show.ts'

export async function revoke(filter: string, account: string, options: SigningOptions & RightsFlags): Promise<void> {
  const context = await openSigning(options)
  const { rpc, deployment, home, output, signer } = context
  const place = { rpc, contract: deployment.contract }
  if ((await ownerOf(place, filter)) === undefined) throw unregistered(filter)
  const holder = addressOf(home, account)
  const standing = await findStanding(place, filter, holder, rightsOf(options) || BOTH_RIGHTS)
  if (standing.granted === 0 && standing.bought === 0) {
    const look = `See: npx flytrap rights ${quoted(filter)}`
    throw new CliError(
      'NOTHING_TO_REVOKE',
      `There is no such grant to end: it was never given, or ended before. ${look}`,
    )
  }
  // Who gives up what he bought himself gets nothing back.
  const refund = holder === signer.address ? 0n : standing.unused
  const receipts = await carryOut(context, {
    steps: stepsOf({ filter, account, holder, refund, ...standing }),
    facts: factsOf(standing.bought, refund, holder === signer.address),
  })
  if (receipts === undefined) return
  const ended = standing.granted | standing.bought
  output.line(
    `${colors.green('✓')} ${account} may no longer ${wordsOf(ended)} ${visible(filter)} ${colors.dim(`(block ${receipts.at(-1)?.blockNumber}; live connections are quiet within one block)`)}`,
  )
  output.result({
    revoked: filter,
    account: holder,
    rights: namesOf(ended),
    granted: namesOf(standing.granted),
    bought: namesOf(standing.bought),
    refundWei: refund,
    transaction: receipts.at(-1)?.transactionHash,
  })
}

interface Standing {
  /** Bits. */
  granted: number
  bought: number
  /** Wei that the owner owes for all that was bought. */
  unused: bigint
}

async function findStanding(place: ContractPlace, filter: string, account: Address, rights: number): Promise<Standing> {
  const found: Standing = { granted: 0, bought: 0, unused: 0n }
  for (const right of eachRight(rights)) {
    const holding = { topicId: topicIdOf(filter), account, right: right as Right }
    if ((await grantedRight(place, holding)) !== undefined) found.granted |= right
    if ((await boughtRight(place, holding)) === undefined) continue
    found.bought |= right
    found.unused += await unusedOf(place, holding)
  }
  return found
}

interface Order extends Standing {
  filter: string
  account: string
  holder: Address
  refund: bigint
}

function stepsOf({ filter, account, holder, refund, granted, bought }: Order): Step[] {
  const steps: Step[] = []
  const what = (kind: string, rights: number): string =>
    `end ${account}’s ${kind} right to ${wordsOf(rights)} ${filter}`
  if (granted !== 0)
    steps.push({ ...revocationOf({ filter, account: holder, rights: granted }), what: what('granted', granted) })
  if (bought !== 0)
    steps.push({ ...endingOf({ filter, account: holder, rights: bought }, refund), what: what('bought', bought) })
  return steps
}

function factsOf(bought: number, refund: bigint, isOwn: boolean): [string, string][] {
  if (bought === 0) return []
  if (isOwn) return [['refund', 'none: who gives up what he bought gets nothing back']]
  return [
    [
      'refund',
      `${showEth(refund)}, the unused share of the price, credited to its buyer; what the seconds until then use up comes back to you`,
    ],
  ]
}
