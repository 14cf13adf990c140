/** @module `flytrap grant` and `flytrap revoke`. */
import colors from 'picocolors'
import type { Address } from '../../domain/bytes.ts'
import { enumName, LawfulBasis, Right } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { grantRights, revokeRights } from '../actions/contract-calls.ts'
import { depositPurpose } from '../actions/purposes.ts'
import { openSigning, type SigningContext, type SigningOptions } from '../context.ts'
import { usage } from '../errors.ts'
import { addressOf } from '../home/keys.ts'
import { parseUntil, showTime } from '../times.ts'
import { foldView } from './topic.ts'

export interface RightsOptions extends SigningOptions {
  publish?: boolean
  subscribe?: boolean
}

export interface GrantOptions extends RightsOptions {
  until: string
  basis: string
  purpose?: string
}

export async function grant(filter: string, account: string, options: GrantOptions): Promise<void> {
  const rights = rightsOf(options)
  if (rights === 0) throw usage('Say what to grant: --publish, --subscribe or both.')
  const until = parseUntil(options.until)
  const basis = basisOf(options.basis)
  const { rpc, deployment, sender, home, output } = await openSigning(options)
  const grantee = addressOf(home, account)
  const text = options.purpose
  const purpose = depositPurpose(home, text === undefined ? undefined : { lang: 'en', text })
  const order = { filter, account: grantee, rights, until, basis, purpose }
  const { transactionHash, blockNumber } = await grantRights({ rpc, contract: deployment.contract }, sender, order)
  output.line(
    `${colors.green('✓')} ${account} may ${wordsOf(rights)} ${filter}, until ${showTime(until)} ${colors.dim(`(block ${blockNumber})`)}`,
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

export async function revoke(filter: string, account: string, options: RightsOptions): Promise<void> {
  const rights = rightsOf(options) || Right.PUBLISH | Right.SUBSCRIBE
  const context = await openSigning(options)
  const { rpc, deployment, sender, home, output } = context
  const grantee = addressOf(home, account)
  const place = { rpc, contract: deployment.contract }
  // Unless told, whatever stands is ended: each right by itself, since one of them may not have been granted.
  const wanted = rightsOf(options) === 0 ? await standing(context, filter, grantee) : rights
  const { transactionHash, blockNumber } = await revokeRights(place, sender, {
    filter,
    account: grantee,
    rights: wanted,
  })
  output.line(
    `${colors.green('✓')} ${account} may no longer ${wordsOf(wanted)} ${filter} ${colors.dim(`(block ${blockNumber}; live connections are quiet within one block)`)}`,
  )
  output.result({ revoked: filter, account: grantee, rights: namesOf(wanted), transaction: transactionHash })
}

async function standing(context: SigningContext, filter: string, account: Address): Promise<number> {
  const view = await foldView(context)
  const stands = (right: Right): boolean => {
    const held = view.grant(topicIdOf(filter), account, right)
    return held !== undefined && held.endedBy === undefined
  }
  const found = (stands(Right.PUBLISH) ? Right.PUBLISH : 0) | (stands(Right.SUBSCRIBE) ? Right.SUBSCRIBE : 0)
  return found === 0 ? Right.PUBLISH | Right.SUBSCRIBE : found
}

const rightsOf = ({ publish, subscribe }: RightsOptions): number =>
  (publish === true ? Right.PUBLISH : 0) | (subscribe === true ? Right.SUBSCRIBE : 0)

const namesOf = (rights: number): string[] =>
  [Right.PUBLISH, Right.SUBSCRIBE]
    .filter((right) => (rights & right) !== 0)
    .map((right) => enumName(Right, right) ?? '')

const wordsOf = (rights: number): string => namesOf(rights).join(' and ').toLowerCase()

function basisOf(text: string): number {
  const name = text.toUpperCase().replaceAll('-', '_').replaceAll(' ', '_')
  const known = Object.keys(LawfulBasis)
  if (Object.hasOwn(LawfulBasis, name)) return LawfulBasis[name as keyof typeof LawfulBasis]
  throw usage(
    `--basis is one of ${known.map((word) => word.toLowerCase().replaceAll('_', '-')).join(', ')} (GDPR Art. 6(1)).`,
  )
}
