/**
 * @module What an account may see beyond what is public, asked of the contract at head, for each request anew: a role that
 * was revoked a block ago gives nothing.
 */
import { decodeResult, encodeCall } from '../../contracts/abi/calls.ts'
import { onPending } from '../../contracts/rpc/ask-node.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import type { Address } from '../../domain/bytes.ts'
import { askContract } from './ask-contract.ts'

export type Role = 'AUDITOR' | 'TOPIC_OWNER' | 'SUBJECT'

export interface Roles {
  /** Whether the broker owner appointed the account, for all topics. */
  isAuditorOfAll(account: Address): Promise<boolean>
  /** What the account is to a registered topic. */
  ofTopic(account: Address, filter: string): Promise<Exclude<Role, 'SUBJECT'> | undefined>
  /** Whether records about the topic are sealed: then who looked at them is too. */
  isSealed(filter: string): Promise<boolean>
}

type Read = (name: string, args: readonly unknown[], block?: 'latest' | 'pending') => Promise<unknown[] | undefined>

/** Every method rejects RpcError when the chain is asked in vain. */
export function createRoles(rpc: Rpc, contract: Address): Roles {
  const read: Read = async (name, args, block = 'latest') => {
    const data = encodeCall(name, args)
    // A topic that the history has and the head has not: reorganised away, so nobody's.
    const answer = await askContract(rpc, { to: contract, data }, block)
    return answer === undefined ? undefined : decodeResult(name, answer)
  }
  /** By a block that holds the appointment, and by the present time: an idle chain's head is from before a term's end. */
  const isAuditor = async (account: Address, filter: string): Promise<boolean> => {
    const ask = (block: 'latest' | 'pending') => read('isAuditor', [account, filter], block)
    const answers = await Promise.all([ask('latest'), onPending(ask)])
    return answers.every((answer) => answer?.[0] === true)
  }
  return {
    isAuditorOfAll: (account) => isAuditor(account, ''),
    async ofTopic(account, filter) {
      const [topic, isItsAuditor] = await Promise.all([read('topicOf', [filter]), isAuditor(account, filter)])
      if (topic?.[2] === true && topic[0] === account) return 'TOPIC_OWNER'
      return isItsAuditor ? 'AUDITOR' : undefined
    },
    async isSealed(filter) {
      const [terms] = (await read('termsOf', [filter])) ?? []
      // No answer: rather one sealed record too many.
      return (terms as { isSealed?: boolean } | undefined)?.isSealed !== false
    },
  }
}

/** Roles that are asked for once: as long as one request lives. */
export function rememberedRoles(roles: Roles): Roles {
  const known = new Map<string, Promise<unknown>>()
  const once = <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const answer = (known.get(key) as Promise<T> | undefined) ?? ask()
    known.set(key, answer)
    return answer
  }
  return {
    isAuditorOfAll: (account) => once(account, () => roles.isAuditorOfAll(account)),
    ofTopic: (account, filter) => once(`${account} ${filter}`, () => roles.ofTopic(account, filter)),
    isSealed: (filter) => once(`sealed ${filter}`, () => roles.isSealed(filter)),
  }
}
