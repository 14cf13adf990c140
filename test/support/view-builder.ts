/** @module Builds a View from one-line facts, with ids as the contract would give them. */
import { type Address, type Hex, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { LawfulBasis, type Right } from '../../domain/enums.ts'
import { isWildcard, topicIdOf } from '../../domain/topic-filter.ts'
import { View } from '../../domain/view.ts'

export const addressOf = (digit: string): Address => `0x${digit.repeat(40)}` as Hex

export class ViewBuilder {
  readonly view = new View()
  #next = 1

  /** Registers `filter`; a wildcard has no owner of its own. Returns its `since`. */
  topic(filter: string, owner: Address, since = this.#next): number {
    const topicId = topicIdOf(filter)
    this.view.apply({
      name: 'TopicRegistered',
      args: { topicId, filter, since, owner: isWildcard(filter) ? ZERO_ADDRESS : owner },
    })
    return since
  }

  /** Issues a grant and returns its id. */
  grant({ filter, account, right, until = 2_000, grantor = ZERO_ADDRESS }: GrantFact): number {
    const grantId = this.#next++
    const args = { topicId: topicIdOf(filter), account, grantId, grantor, right, until }
    this.view.apply({ name: 'GrantIssued', args: { ...args, basis: LawfulBasis.CONTRACT, purpose: ZERO_BYTES32 } })
    return grantId
  }

  /** Ends the account's grant on `filter`. */
  end(filter: string, account: Address, right: Right): void {
    const topicId = topicIdOf(filter)
    const grantId = this.view.grant(topicId, account, right)?.id ?? 0
    this.view.apply({ name: 'GrantEnded', args: { topicId, account, grantId, right, sender: ZERO_ADDRESS } })
  }

  /** The number that the next grant will get. */
  get next(): number {
    return this.#next
  }
}

interface GrantFact {
  filter: string
  account: Address
  right: Right
  /** Unix seconds, exclusive. */
  until?: number
  grantor?: Address
}
