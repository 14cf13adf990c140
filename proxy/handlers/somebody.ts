/** @module Who a connection is to the rules about abuse: where it comes from, what it claims, what it proved. */
import type { Connection } from '../connection.ts'
import { walletOfUserName } from '../identity/verdict.ts'
import type { Somebody } from '../rules/abuse.ts'

export function somebodyOf({ address, network, clientId, identity, connect }: Connection): Somebody {
  return {
    address,
    network,
    clientId,
    wallet: identity?.wallet,
    claimed: walletOfUserName(connect?.userName ?? ''),
    password: connect?.password,
  }
}
