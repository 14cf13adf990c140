/** @module Bans as the control socket tells and lifts them. */
import { parseAddress } from '../../domain/bytes.ts'
import { networkOf, plainAddress } from '../../proxy/address.ts'
import { parseIp } from '../../proxy/geo/cidr.ts'
import type { BanTarget } from '../../proxy/rules/ban-target.ts'
import { usage } from '../errors.ts'
import type { AllUnits } from './all-units.ts'
import type { ListedBan } from './unit-answers.ts'

export function showBans(listed: readonly ListedBan[]): { bans: { whom: string; until: number }[] } {
  const bans = listed.map(({ target, account, topicId, until }) => {
    const unknown = /^0x0+$/.test(account) ? `${topicId} (by another proxy or before the last start)` : account
    return { whom: target === undefined ? unknown : wordsOf(target), until }
  })
  return { bans }
}

/** Rejects WRONG_USAGE. */
export async function liftBan(all: AllUnits, given: URLSearchParams): Promise<{ lifted: number }> {
  return { lifted: await all.liftBan(targetOf(given)) }
}

function targetOf(given: URLSearchParams): BanTarget {
  const clientId = given.get('clientId')
  const name = clientId === null ? {} : { clientId }
  const wallet = parseAddress(given.get('wallet') ?? '')
  if (wallet !== undefined) return { kind: 'wallet', wallet, ...name }
  const address = plainAddress(given.get('address') ?? '')
  if (parseIp(address) === undefined) throw usage(`${JSON.stringify(address)} is no IP address, such as 192.0.2.7.`)
  return { kind: 'network', network: networkOf(address), ...name }
}

function wordsOf(target: BanTarget): string {
  const whom = target.kind === 'wallet' ? target.wallet : target.network
  return target.clientId === undefined ? whom : `${whom} as ${JSON.stringify(target.clientId)}`
}
