/**
 * @module Where a history's entities and blocks come from: our engine, or Graph Node. What the audit store asks of them is
 * the same, so that both adapters answer alike. Types only.
 */
import type { Hex } from '../../domain/bytes.ts'
import type { EntityQuery, EntityRow } from '../../subgraph/engine/port.ts'
import type { AuditBlock, AuditStatus, PromiseOrValue } from './port.ts'

export interface EntitySource {
  get(entity: string, id: Hex, block: number): PromiseOrValue<EntityRow | undefined>
  query(entity: string, query: EntityQuery): Promise<EntityRow[]>
  status(): Promise<AuditStatus>
  blockAtOrBefore(time: number): Promise<AuditBlock | undefined>
  blockUpTo(number: number): Promise<AuditBlock | undefined>
  blockTime(number: number): Promise<number | undefined>
}
