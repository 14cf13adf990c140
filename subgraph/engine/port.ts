/** @module What the gateway asks of the engine: the indexed history, now or as of any past block. Types only. */

/** As it is written and compared: Bytes as `Uint8Array`, BigInt as `bigint`. */
export type EntityValue = string | bigint | boolean | Uint8Array

/** One version of an entity, by field name: Bytes as lower-case hex, as they are told on; what is null is absent. */
export type EntityRow = Readonly<Record<string, string | bigint | boolean>>

export type Condition = FieldCondition | { anyOf: readonly (readonly FieldCondition[])[] }

export interface FieldCondition {
  field: string
  is: 'eq' | 'in' | 'gt' | 'gte' | 'lt' | 'lte'
  value: EntityValue | readonly EntityValue[]
}

export interface EntityQuery {
  where?: readonly Condition[]
  orderBy: string
  direction: 'asc' | 'desc'
  first: number
  /** As of this block, included; absent: the engine's head. */
  block?: number
}

export interface IndexedBlock {
  number: number
  hash: `0x${string}`
  /** Unix seconds. */
  timestamp: number
}

export interface EngineStatus {
  /** How far the history goes; undefined before the first block. */
  head: IndexedBlock | undefined
  /** The chain's height as last seen. */
  chainHeight: number | undefined
  /** A mapping failed: the history ends before that block, since one with a hole is worse than none. */
  failure: string | undefined
  /** Why the chain is not being followed at the moment, in words. */
  trouble: string | undefined
}

export interface Engine {
  /** Follows the chain until `stop`. Resolves once the head of the start is indexed, or following failed. */
  start(): Promise<void>
  stop(): Promise<void>
  status(): EngineStatus
  /** `id`: hex, as rows tell it. */
  get(entity: string, id: string, block?: number): EntityRow | undefined
  query(entity: string, query: EntityQuery): EntityRow[]
  /** The last indexed block at or before `time` (Unix seconds); undefined before the deployment. */
  blockAtOrBefore(time: number): IndexedBlock | undefined
  /** The last indexed block at or below `number`: the history is the same at both. Undefined before the deployment. */
  blockUpTo(number: number): IndexedBlock | undefined
  /** When block `number` was made, Unix seconds. Asks the node where the history passed it over; rejects RpcError. */
  blockTime(number: number): Promise<number | undefined>
  /** The hash that block `number` has in the indexed history; undefined for one without events. */
  blockHash(number: number): string | undefined
}
