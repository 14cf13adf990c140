/** @module For whom a report may cost the operator a transaction: for auditors and owners, or strangers would spend his ETH. */
import type { Address } from '../../domain/bytes.ts'
import { MAX_REGISTERED_LEVELS, parseRegisteredFilter } from '../../domain/topic-filter.ts'
import type { Roles } from '../sign-in/roles.ts'

/** Who asks about what. */
export interface Reaching {
  account: Address
  topicFilter: string
}

/** Of all topics, or on what was asked for or a name above it. Rejects RpcError. */
export async function hasRole(roles: Roles, { account, topicFilter }: Reaching): Promise<boolean> {
  if (await roles.isAuditorOfAll(account)) return true
  // Anybody may ask about a name of 30,000 levels: the contract holds none so deep, and each is a call.
  const levels = topicFilter.split('/').slice(0, MAX_REGISTERED_LEVELS)
  const above = levels.map((_, i) => levels.slice(0, i + 1).join('/')).filter((name) => !/[+#]/.test(name))
  const names = [...new Set([...above, topicFilter])].filter((name) => parseRegisteredFilter(name) !== undefined)
  const found = await Promise.all(names.map((name) => roles.ofTopic(account, name)))
  return found.some((role) => role !== undefined)
}
