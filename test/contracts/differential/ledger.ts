/**
 * @module What the events say about all that the view does not hold: money, nonces, auditors, fees, recorders. With the view it
 * has to account for every bit of the contract's state.
 */
import type { ContractEvent } from '../../../contracts/abi/events.ts'
import type { Hex } from '../../../domain/bytes.ts'

export interface RecorderState {
  id: number
  state: number
  nextSeq: bigint
  through: number
  builtAt: number
  head: Hex
}

export class Ledger {
  credits = new Map<Hex, bigint>()
  nonces = new Map<Hex, bigint>()
  auditors = new Map<string, { until: number; appointed: number }>()
  recorders = new Map<Hex, RecorderState>()
  fees = { share: 0n, registrationFee: 0n, publishFee: 0n }
  isPaused = false
  /** The highest number that the one counter has shown anywhere, and the highest that a grant or a proposal has. */
  newest = 0
  newestGrant = 0
  withdrawn = 0n
  credited = 0n

  /** Returns one of its own: what a reorganisation goes back to. */
  clone(): Ledger {
    return Object.assign(new Ledger(), structuredClone({ ...this }))
  }

  apply(event: ContractEvent): void {
    this.#count(event)
    const { name, args } = event
    if (name === 'Credited') this.#credit(args.account, args.amount)
    else if (name === 'Withdrawn') this.#withdraw(args.account, args.amount)
    else if (name === 'DeviceAuthorized') add(this.nonces, args.owner, 1n)
    else if (name === 'CredentialRevoked') add(this.nonces, args.wallet, 1n)
    else if (name === 'AuditorSet') this.auditors.set(`${args.account}:${args.topicId}`, args)
    else if (name === 'FeesSet') this.fees = { ...args, share: BigInt(args.share) }
    else if (name === 'Paused') this.isPaused = true
    else if (name === 'Unpaused') this.isPaused = false
    else if (name === 'RecorderAdded')
      this.recorders.set(args.recorder, {
        id: args.recorderId,
        state: 1,
        nextSeq: 1n,
        through: 0,
        builtAt: 0,
        head: args.head,
      })
    else if (name === 'RecorderRetired') Object.assign(this.recorders.get(args.recorder)!, { state: 2 })
    else if (name === 'RecorderStopped') Object.assign(this.recorders.get(args.recorder)!, { state: 3 })
    else if (name === 'Batch') this.#batch(args)
  }

  #count({ name, args }: ContractEvent): void {
    const given =
      name === 'GrantIssued' || name === 'RightBought' ? args.grantId : name === 'TransferProposed' ? args.proposal : 0
    const shown =
      name === 'TermsSet'
        ? args.setAt
        : name === 'AuditorSet'
          ? args.appointed
          : name === 'TopicTransferred' || name === 'TopicRegistered'
            ? args.since
            : given
    this.newestGrant = Math.max(this.newestGrant, given)
    this.newest = Math.max(this.newest, shown)
  }

  #batch({
    recorder,
    firstSeq,
    count,
    through,
    builtAt,
    head,
  }: Extract<ContractEvent, { name: 'Batch' }>['args']): void {
    Object.assign(this.recorders.get(recorder)!, { nextSeq: firstSeq + BigInt(count), through, builtAt, head })
  }

  #credit(account: Hex, amount: bigint): void {
    add(this.credits, account, amount)
    this.credited += amount
  }

  #withdraw(account: Hex, amount: bigint): void {
    add(this.credits, account, -amount)
    this.withdrawn += amount
  }
}

function add(map: Map<Hex, bigint>, key: Hex, amount: bigint): void {
  map.set(key, (map.get(key) ?? 0n) + amount)
}
