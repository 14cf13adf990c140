/** @module What one request knows, and the block that its answers are as of. */
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import type { Address } from '../../domain/bytes.ts'
import type { AuditBlock, AuditStatus, AuditStore } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'
import type { EvidenceDesk } from '../evidence/evidence-desk.ts'
import type { PurposeDesk } from '../evidence/purpose-desk.ts'
import type { GatewayRecorder } from '../recorder/port.ts'
import type { Asker } from '../reports/queue.ts'
import type { ReportDesk } from '../reports/report-desk.ts'
import type { Roles } from '../sign-in/roles.ts'

/** What the service stands on. */
export interface Foundation {
  store: AuditStore
  /** Journals what is shown and erased, before it is. */
  recorder: GatewayRecorder
  reports: ReportDesk
  /** The chain itself: who may see what is asked of its head. */
  rpc: Rpc
  chainId: bigint
  contract: `0x${string}`
}

export interface GatewayContext extends Omit<Foundation, 'rpc'> {
  /** Who asks; undefined without sign-in. */
  viewer: Address | undefined
  /** Where and as what he asks: for limits alone. */
  client: Omit<Asker, 'account'>
  roles: Roles
  evidence: EvidenceDesk
  purposes: PurposeDesk
}

const NOT_READY = 'The history is still being read from the chain. Ask again soon.'

export type AsOf = { block: bigint } | { time: number }

/**
 * Returns the last block of the history that is not beyond what was asked for. Throws BLOCK_IN_FUTURE, TIME_IN_FUTURE,
 * BEFORE_DEPLOYMENT, HISTORY_NOT_READY, or HISTORY_BEHIND when blocks that belong to the answer may not be read yet.
 */
export async function blockOf({ store }: Pick<GatewayContext, 'store'>, asOf?: AsOf | null): Promise<AuditBlock> {
  const { head, ...status } = await store.status()
  if (head === undefined) refuse('HISTORY_NOT_READY', NOT_READY)
  if (asOf === null || asOf === undefined) return head
  assertReached(asOf, { head, ...status })
  const block = 'time' in asOf ? await store.blockAtOrBefore(asOf.time) : await store.blockUpTo(Number(asOf.block))
  return block ?? refuse('BEFORE_DEPLOYMENT', 'There was no contract yet at that time.')
}

/** Returns the second that terms are judged at. An idle chain's head can be old; the proxy goes by the clock, as we do. */
export async function momentOf({ store }: GatewayContext, asOf: AsOf | null | undefined, block: AuditBlock) {
  if (asOf === null || asOf === undefined) return Math.max(block.time, clock())
  if ('time' in asOf) return asOf.time
  const time = await store.blockTime(Number(asOf.block)).catch(() => undefined)
  return time ?? refuse('CHAIN_UNREACHABLE', 'The chain does not tell when that block was. Ask again soon, or by time.')
}

/** Throws HISTORY_NOT_READY, TIME_IN_FUTURE, or HISTORY_BEHIND when blocks up to then may not be read yet. */
export async function assertTimeReached({ store }: GatewayContext, time: number): Promise<void> {
  const { head, ...status } = await store.status()
  if (head === undefined) refuse('HISTORY_NOT_READY', NOT_READY)
  assertReached({ time }, { head, ...status })
}

function assertReached(asOf: AsOf, { head, chainHeight, trouble }: AuditStatus & { head: AuditBlock }): void {
  if ('time' in asOf) {
    if (asOf.time > Math.max(clock(), head.time)) refuse('TIME_IN_FUTURE', 'That time is still to come.')
    const mayMiss = trouble !== undefined || chainHeight !== head.number
    if (asOf.time > head.time && mayMiss) refuse('HISTORY_BEHIND', behind(head))
  } else if (asOf.block > BigInt(head.number)) {
    const isOnChain = chainHeight !== undefined && asOf.block <= BigInt(chainHeight)
    if (isOnChain) refuse('HISTORY_BEHIND', behind(head))
    refuse('BLOCK_IN_FUTURE', `The history goes up to block ${head.number}.`)
  }
}

const clock = (): number => Math.floor(Date.now() / 1_000)
const behind = ({ number }: AuditBlock): string =>
  `The history is read up to block ${number} only. \`status\` tells how far it lags: ask again soon.`
