/** @module What has to happen before a filter is a topic: checks of the filter, the names above it, and the steps. */
import { randomBytes } from 'node:crypto'
import { getAddress } from 'ethers'
import { isGiven } from '../../domain/contract-calls.ts'
import { findPersonalData, suggestPseudonym } from '../../domain/personal-data.ts'
import { literalAncestry, literalPrefix, parseRegisteredFilter, type TopicFilter } from '../../domain/topic-filter.ts'
import { CliError, usage } from '../errors.ts'
import { quoted } from '../terminal/output.ts'
import type { ContractPlace } from './contract-calls.ts'
import { brokerOwner, ownerOf } from './contract-reads.ts'

export const FOREVER_WARNING =
  'A filter stands on chain for ever, for all to see; nobody can delete it. It must not tell of a person.'

export interface PublicOptions {
  /** `--i-know-this-is-public` */
  iKnowThisIsPublic?: boolean
}

/** Returns the filter when it may be registered. Throws WRONG_USAGE, or PERSONAL_DATA unless it is known to be public. */
export function checkFilter(text: string, { iKnowThisIsPublic }: PublicOptions): TopicFilter {
  const filter = parseRegisteredFilter(text)
  if (filter === undefined)
    throw usage(`${quoted(text)} cannot be registered: at most 256 bytes and 16 levels, # alone and last, + alone.`)
  if (literalPrefix(filter) === undefined)
    throw usage(`${quoted(filter)} belongs to nobody: register a filter that begins with a name.`)
  if (iKnowThisIsPublic !== true) refusePersonalData(filter)
  return filter
}

function refusePersonalData(filter: string): void {
  const findings = findPersonalData(filter)
  if (findings.length === 0) return
  const what = findings.map(({ level, looksLike }) => `${quoted(level)} looks like ${looksLike}`).join('; ')
  const better = suggestPseudonym(filter, findings, () => randomBytes(3).toString('hex'))
  throw new CliError(
    'PERSONAL_DATA',
    `${what}. ${FOREVER_WARNING}
  Use a pseudonym, and keep off the chain whose it is: npx flytrap topic register ${quoted(better)}
  If it tells of no person: npx flytrap topic register ${quoted(filter)} --i-know-this-is-public`,
  )
}

/** Returns the first-level name that must stand before anything below it, if it does not yet. */
export async function missingAbove(place: ContractPlace, filter: TopicFilter): Promise<string | undefined> {
  const above = literalAncestry(literalPrefix(filter) ?? '').filter((name) => name !== filter)
  for (const name of above) if ((await ownerOf(place, name)) !== undefined) return undefined
  return above.at(-1)
}

/** Rejects VOUCHER_NEEDED when the signer cannot give the first-level name. */
export async function assertMayGive(place: ContractPlace, filter: string, signer: string): Promise<void> {
  if (!isGiven(filter)) return
  const giver = await brokerOwner(place)
  if (giver === signer) return
  throw new CliError(
    'VOUCHER_NEEDED',
    `${quoted(filter)} is a first-level name: only the broker owner (${getAddress(giver)}) gives it. Ask for a voucher, made with:
  npx flytrap topic voucher ${quoted(filter)} --for ${signer}
and then redeem it: npx flytrap topic redeem VOUCHER`,
  )
}
