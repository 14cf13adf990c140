/** @module What a recorder is given: its key's way to the chain, and its pace. Types only. */
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import type { Sender } from '../../contracts/rpc/transact.ts'
import type { Address } from '../../domain/bytes.ts'
import type { Issuer } from '../issue/issuer.ts'
import type { Convoy } from './convoy.ts'
import type { CopyPlace } from './copies.ts'
import type { Purse } from './purse.ts'

export interface RecorderOptions extends CopyPlace {
  rpc: Rpc
  sender: Sender
  contract: Address
  convoy: Convoy
  issuer: Issuer
  purse: Purse
  confirmations: number
  batchMax: number
  heartbeatMs: number
  maxUnanchoredMs: number
  /** How long endpoints may differ before that is told. */
  stuckAfterMs: number
  /** On the embedded chain: is this block in a dump on disk? */
  isBlockSafe: (block: number) => boolean
  clock: () => number
}

/** What other rules change. */
export type Pace = Pick<RecorderOptions, 'batchMax' | 'heartbeatMs' | 'maxUnanchoredMs'> & {
  spendPerHour?: bigint | undefined
}
