/** @module `flytrap grant`: lets an account publish or subscribe. */

import colors from 'picocolors'
import { showTime } from '../../domain/amounts.ts'
import { grantOf } from '../../domain/contract-calls.ts'
import { Right } from '../../domain/enums.ts'
import { eachRight, namesOf, wordsOf } from '../../domain/rights.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { carryOut } from '../actions/carry-out.ts'
import { feesOf, grantedRight } from '../actions/contract-reads.ts'
import { preparePurpose } from '../actions/purposes.ts'
import { basisOf, type RightsFlags, rightsOf } from '../actions/rights-words.ts'
import { openSigning, type SigningContext, type SigningOptions } from '../context.ts'
import { usage } from '../errors.ts'
import { evidencePlace } from '../home/evidence-place.ts'
import { addressOf } from '../home/keys.ts'
import { visible } from '../terminal/output.ts'
import { parseUntil } from '../times.ts'

export interface GrantOptions extends SigningOptions, RightsFlags {
  until: string
  basis: string
  purpose?: string
}

export async function grant(filter: string, account: string, options: GrantOptions): Promise<void> {
  const rights = rightsOf(options)
  if (rights === 0) throw usage('Say what to grant: --publish, --subscribe or both.')
  const until = parseUntil(options.until)
  const basis = basisOf(options.basis)
  const context = await openSigning(options)
  const { rpc, deployment, home, output } = context
  const grantee = addressOf(home, account)
  const { publishFee } = await feesOf({ rpc, contract: deployment.contract })
  const text = options.purpose
  const { commitment: purpose, keep } = preparePurpose(
    evidencePlace(home, context.config),
    { filter, account: grantee },
    text,
  )
  const order = { filter, account: grantee, rights, until, basis, purpose }
  const call = grantOf(order, (rights & Right.PUBLISH) !== 0 ? publishFee : 0n)
  const receipts = await carryOut(context, {
    steps: [{ ...call, what: `let ${account} ${wordsOf(rights)} ${filter}` }],
    facts: [
      ['until', showTime(until)],
      ['lawful basis', options.basis],
      ['purpose', text === undefined ? 'none' : `${text} (only its salted hash goes on chain)`],
      ...(await replaced(context, order)),
    ],
    prepare: keep,
  })
  if (receipts === undefined) return
  const { transactionHash, blockNumber } = receipts[0]!
  output.line(
    `${colors.green('✓')} ${account} may ${wordsOf(rights)} ${visible(filter)}, until ${showTime(until)} ${colors.dim(`(block ${blockNumber})`)}`,
  )
  output.result({
    granted: filter,
    account: grantee,
    rights: namesOf(rights),
    until,
    basis: options.basis,
    purpose,
    transaction: transactionHash,
  })
}

/** A grant of the same right that stands is replaced: said before, since it may end sooner then. */
async function replaced(
  { rpc, deployment }: SigningContext,
  { filter, account, rights }: { filter: string; account: `0x${string}`; rights: number },
): Promise<[string, string][]> {
  const place = { rpc, contract: deployment.contract }
  const facts: [string, string][] = []
  for (const right of eachRight(rights)) {
    const held = await grantedRight(place, { topicId: topicIdOf(filter), account, right })
    if (held !== undefined)
      facts.push(['replaces', `grant ${held.id} to ${wordsOf(right)}, until ${showTime(held.until)}`])
  }
  return facts
}
