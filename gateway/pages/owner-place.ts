/** @module What an owner's page has to know of the deployment: public, all of it. */
import type { Hex } from '../../domain/bytes.ts'

/** What devices dial, null for what is off. */
export type DevicePlaces = Partial<Record<'mqtt' | 'mqtts' | 'ws' | 'wss', string | null>>

export interface OwnerPlace {
  chainId: bigint
  contract: Hex
  deployBlock: number
  /** A node that wallets may be told of (EIP-3085): never one whose address holds a key. */
  publicRpcUrl?: string | undefined
  devices?: DevicePlaces | undefined
}
