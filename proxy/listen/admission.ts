/** @module Who may still come in: counters, so that an accept costs the same however many are connected. Pure. */
import { networkOf } from '../address.ts'
import type { Admission } from './accepted.ts'

export interface AdmissionLimits {
  /** All connections, proven or not. */
  connections: number
  connectionsPerAddress: number
  /** Connections that proved nothing yet: handshakes and logins under way. */
  unauthenticated: number
  unauthenticatedPerAddress: number
}

/** Which limit refused. */
export type AdmissionRefusal = keyof AdmissionLimits

/** Counts by network, since one stranger holds a whole /64. */
export class AdmissionDesk {
  readonly #limits: AdmissionLimits
  readonly #connected = new Map<string, number>()
  readonly #unproved = new Map<string, number>()
  #allConnected = 0
  #allUnproved = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  /** Takes a place, or names the limit that is reached. Without an address, which a header will tell, only the totals count. */
  enter(address: string | undefined): Admission | AdmissionRefusal {
    const network = address === undefined ? undefined : networkOf(address)
    const refusal = this.#refusal(network)
    if (refusal !== undefined) return refusal
    this.#connect(network, 1)
    this.#waitForProof(network, 1)
    let [isUnproved, isHere] = [true, true]
    const proved = (): void => {
      if (isUnproved) this.#waitForProof(network, -1)
      isUnproved = false
    }
    return {
      proved,
      left: () => {
        proved()
        if (isHere) this.#connect(network, -1)
        isHere = false
      },
    }
  }

  #refusal(network: string | undefined): AdmissionRefusal | undefined {
    const { connections, connectionsPerAddress, unauthenticated, unauthenticatedPerAddress } = this.#limits
    if (this.#allConnected >= connections) return 'connections'
    if (this.#allUnproved >= unauthenticated) return 'unauthenticated'
    if (network === undefined) return undefined
    if ((this.#connected.get(network) ?? 0) >= connectionsPerAddress) return 'connectionsPerAddress'
    if ((this.#unproved.get(network) ?? 0) >= unauthenticatedPerAddress) return 'unauthenticatedPerAddress'
    return undefined
  }

  #connect(network: string | undefined, change: 1 | -1): void {
    this.#allConnected += change
    add(this.#connected, network, change)
  }

  #waitForProof(network: string | undefined, change: 1 | -1): void {
    this.#allUnproved += change
    add(this.#unproved, network, change)
  }
}

/** A network with nobody left is forgotten: strangers must not fill memory by passing through. */
function add(counts: Map<string, number>, network: string | undefined, change: 1 | -1): void {
  if (network === undefined) return
  const count = (counts.get(network) ?? 0) + change
  if (count === 0) counts.delete(network)
  else counts.set(network, count)
}
