/** @module What an owner does to topics, each as a plan: registering, taking a voucher, setting terms. */
import { getAddress } from 'ethers'
import { showEth, showTime } from '../../../domain/amounts.ts'
import { type CurrentTerms, isGiven, registration, setTerms } from '../../../domain/contract-calls.ts'
import { findPersonalData } from '../../../domain/personal-data.ts'
import { describeChange } from '../../../domain/terms.ts'
import { literalPrefix, parseRegisteredFilter } from '../../../domain/topic-filter.ts'
import { visible } from '../../../reports/texts/visible.ts'
import type { Plan } from './plan.ts'
import { feesOf, type Session, termsOf } from './session.ts'
import { Trouble } from './trouble.ts'
import type { Voucher } from './voucher.ts'

const FOREVER = 'the filter, your account, and the time. Nobody can delete a filter, and everybody can read it.'

/** Throws Trouble for what cannot be registered by this account. */
export async function registerPlan(session: Session, text: string): Promise<Plan> {
  const filter = checked(text)
  if (isGiven(filter))
    throw new Trouble(
      `${visible(filter)} is a first-level name: the broker owner gives it, so that nobody takes what an existing broker carries. Ask him for a voucher for your account ${getAddress(session.account)}, and redeem it below.`,
    )
  const { registrationFee } = await feesOf(session)
  return {
    what: `Register ${visible(filter)}`,
    call: registration(filter, session.account, registrationFee),
    facts: [['Fee', registrationFee === 0n ? 'none' : `${showEth(registrationFee)}, to the broker owner`]],
    forever: FOREVER,
    warnings: personal(filter),
    done: `${visible(filter)} is registered.`,
  }
}

export async function redeemPlan(session: Session, voucher: Voucher): Promise<Plan> {
  const { filter, deadline, signature } = voucher
  checked(filter)
  const { registrationFee } = await feesOf(session)
  return {
    what: `Take over the name ${visible(filter)}`,
    call: { name: 'redeemTopic', args: [filter, deadline, signature], value: registrationFee },
    facts: [
      ['Voucher good until', showTime(deadline)],
      ['Fee', registrationFee === 0n ? 'none' : `${showEth(registrationFee)}, to the broker owner`],
    ],
    forever: FOREVER,
    warnings: personal(filter),
    done: `${visible(filter)} is yours.`,
  }
}

/** `change` gets what stands now: the contract sets all terms at once, and the others must stay. */
export async function termsPlan(
  session: Session,
  filter: string,
  change: (current: CurrentTerms) => CurrentTerms,
): Promise<Plan> {
  const before = await termsOf(session, filter)
  const after = change(before)
  const changes = describeChange(before, after)
  if (changes.every(([, text]) => text.endsWith('(stays)')))
    throw new Trouble('That is how it stands already: nothing to sign.')
  return {
    what: `Set the terms of ${visible(filter)}`,
    call: setTerms(filter, after),
    facts: changes,
    forever: 'these terms, and the time. Later terms replace them; the history keeps all.',
    warnings:
      before.countries !== after.countries || before.countryRule !== after.countryRule
        ? ['The country rule bites at once, for those too who bought the right to use the topic.']
        : [],
    done: `The terms of ${visible(filter)} are set.`,
  }
}

function checked(text: string): string {
  const filter = parseRegisteredFilter(text)
  if (filter === undefined)
    throw new Trouble(
      'That cannot be registered: at most 256 bytes and 16 levels, # alone and last, + alone in its level.',
    )
  if (literalPrefix(filter) === undefined)
    throw new Trouble('A filter that begins with + or # belongs to nobody. Begin it with a name of yours.')
  return filter
}

const personal = (filter: string): string[] =>
  findPersonalData(filter).map(
    ({ level, looksLike }) =>
      `“${visible(level)}” looks like ${looksLike}. Do not register what tells of a person: use a pseudonym, and keep off the chain whose it is.`,
  )
