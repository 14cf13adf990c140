/** @module Whom a block's events can have taken something from, so that nobody else has to be looked at again. Pure. */
import type { Address } from '../../domain/bytes.ts'
import type { ViewEvent } from '../../domain/view.ts'

export interface ViewChange {
  /** Accounts whose keys, credentials, standing or rights changed; `everybody` after history was rewritten. */
  accounts: ReadonlySet<Address> | 'everybody'
  /** A topic was registered or changed hands: rights of anybody may reach less now. */
  topics: boolean
}

export const EVERYTHING: ViewChange = { accounts: 'everybody', topics: true }

export function changeOf(events: readonly ViewEvent[]): ViewChange {
  const accounts = new Set<Address>()
  let topics = false
  for (const event of events) {
    const account = accountOf(event)
    if (account !== undefined) accounts.add(account)
    else topics ||= event.name === 'TopicRegistered' || event.name === 'TopicTransferred'
  }
  return { accounts, topics }
}

function accountOf({ name, args }: ViewEvent): Address | undefined {
  switch (name) {
    case 'DeviceAuthorized':
      return args.owner
    case 'CredentialRevoked':
      return args.wallet
    case 'AccountSuspended':
    case 'GrantIssued':
    case 'RightBought':
    case 'GrantEnded':
      return args.account
    default:
      return undefined
  }
}
