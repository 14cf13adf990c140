/** @module Who proved himself from where within a day: a ban on an address is for strangers, not for them. Bounded. */
import { createHash } from 'node:crypto'
import type { Address } from '../../domain/bytes.ts'

const REMEMBERED_MS = 24 * 3_600_000
const MAX_REMEMBERED = 65_536

export interface Proof {
  network: string
  wallet: Address
  clientId: string
  /** The credential as it was sent, if it was one: nobody else can send it. */
  password?: Uint8Array | undefined
}

export class ProvedLately {
  /** When a wallet last proved itself from a network, Unix milliseconds. */
  readonly #wallets = new Map<string, number>()
  /** Credentials that proved something, as digests. */
  readonly #credentials = new Map<string, number>()

  remember(proof: Proof, nowMs: number): void {
    put(this.#wallets, walletKey(proof), nowMs)
    if (proof.password !== undefined) put(this.#credentials, credentialKey(proof), nowMs)
  }

  isKnownWallet(proof: Proof, nowMs: number): boolean {
    return isRecent(this.#wallets.get(walletKey(proof)), nowMs)
  }

  /** True only for what the device itself sent before: a stranger who knows all names cannot use it up. */
  isKnownCredential(proof: Proof, nowMs: number): boolean {
    return proof.password !== undefined && isRecent(this.#credentials.get(credentialKey(proof)), nowMs)
  }
}

const isRecent = (at: number | undefined, nowMs: number): boolean => at !== undefined && nowMs - at < REMEMBERED_MS

const walletKey = ({ network, wallet }: Proof): string => `${network} ${wallet}`

function credentialKey({ network, wallet, clientId, password }: Proof): string {
  const hash = createHash('sha256').update(`${network} ${wallet} ${clientId.length} ${clientId} `)
  return hash.update(password ?? '').digest('base64')
}

/** The youngest last; the one that was longest away makes room. */
function put(map: Map<string, number>, key: string, nowMs: number): void {
  map.delete(key)
  if (map.size >= MAX_REMEMBERED) map.delete(map.keys().next().value ?? '')
  map.set(key, nowMs)
}
