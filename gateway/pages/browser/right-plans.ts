/** @module What an owner does to rights and income, each as a plan. */
import { getAddress } from 'ethers'
import { showEth, showTime } from '../../../domain/amounts.ts'
import { type Address, ZERO_BYTES32 } from '../../../domain/bytes.ts'
import { endingOf, grantOf, revocationOf } from '../../../domain/contract-calls.ts'
import type { Grant, Topic } from '../../../domain/contract-state.ts'
import { enumName, LawfulBasis, Right } from '../../../domain/enums.ts'
import { eachRight, wordsOf } from '../../../domain/rights.ts'
import type { View } from '../../../domain/view.ts'
import { visible } from '../../../reports/texts/visible.ts'
import type { Plan } from './plan.ts'
import { feesOf, type Session, unusedOf } from './session.ts'

export interface GrantForm {
  account: Address
  /** Bits. */
  rights: number
  /** Unix seconds, exclusive. */
  until: number
  basis: number
}

export const basisWords = (basis: number): string =>
  (enumName(LawfulBasis, basis) ?? 'unknown').toLowerCase().replaceAll('_', ' ')

export async function grantPlan(
  session: Session,
  { topicId, filter }: Topic,
  form: GrantForm,
  view: View,
): Promise<Plan> {
  const { account, rights, until, basis } = form
  const { publishFee } = await feesOf(session)
  const fee = (rights & Right.PUBLISH) === 0 ? 0n : publishFee
  const replaced = eachRight(rights).flatMap((right): [string, string][] => {
    const held = view.grant(topicId, account, right)
    if (held === undefined || held.endedBy !== undefined) return []
    return [['Replaces', `grant ${held.id} to ${wordsOf(right)}, until ${showTime(held.until)}`]]
  })
  return {
    what: `Let ${getAddress(account)} ${wordsOf(rights)} ${visible(filter)}`,
    call: grantOf({ filter, account, rights, until, basis, purpose: ZERO_BYTES32 }, fee),
    facts: [
      ['Until', showTime(until)],
      ['Lawful basis', `${basisWords(basis)} (GDPR Art. 6(1))`],
      ...replaced,
      ...(fee === 0n ? [] : [['Fee', `${showEth(fee)}, to the broker owner`] as [string, string]]),
    ],
    forever:
      'both accounts, the topic, the right, its end, the lawful basis, and the time. An address can be a person’s data (GDPR Art. 4).',
    done: `${getAddress(account)} may ${wordsOf(rights)} ${visible(filter)}.`,
  }
}

/** A granted right ends for gas alone; who ends a bought one owes the unused share, unless he gives up his own. */
export async function endPlan(session: Session, { topicId, filter }: Topic, grant: Grant): Promise<Plan> {
  const { account, right, bought } = grant
  const isOwn = account === session.account
  const refund = bought === undefined || isOwn ? 0n : await unusedOf(session, topicId, account, right)
  const call =
    bought === undefined
      ? revocationOf({ filter, account, rights: right })
      : endingOf({ filter, account, rights: right }, refund)
  const words = refund === 0n ? 'none' : `${showEth(refund)}, the unused share of the price, credited to its buyer`
  return {
    what: `End the right of ${getAddress(account)} to ${wordsOf(right)} ${visible(filter)}`,
    call,
    facts: [
      ['Right', `number ${grant.id}, ${bought === undefined ? 'granted' : 'bought'}, until ${showTime(grant.until)}`],
      ...(bought === undefined
        ? []
        : [['Refund', isOwn ? 'none: who gives up what he bought gets nothing back' : words] as [string, string]]),
    ],
    forever: 'that this right was given and when it was ended, and by whom.',
    warnings: ['Live connections are quiet within one block. What was read before stays read.'],
    done: `${getAddress(account)} may no longer ${wordsOf(right)} ${visible(filter)}.`,
  }
}

/** `to` is for an account that cannot receive. */
export function withdrawPlan(account: Address, credit: bigint, to: Address | undefined): Plan {
  const receiver = getAddress(to ?? account)
  return {
    what: `Withdraw ${showEth(credit)}`,
    call: to === undefined ? { name: 'withdraw', args: [account] } : { name: 'withdrawTo', args: [to] },
    facts: [
      ['Amount', `${showEth(credit)}, all that is there`],
      ['To', receiver],
    ],
    forever: 'the amount, both accounts, and the time.',
    done: `${showEth(credit)} went to ${receiver}.`,
  }
}
