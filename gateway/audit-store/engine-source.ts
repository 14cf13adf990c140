/** @module Our own engine, in the same process, as the source of entities. */
import type { Engine, IndexedBlock } from '../../subgraph/engine/port.ts'
import { byWindows } from './by-windows.ts'
import type { EntitySource } from './entity-source.ts'
import type { AuditBlock } from './port.ts'

export function engineSource(engine: Engine): EntitySource {
  return {
    get: (entity, id, block) => engine.get(entity, id, block),
    async query(entity, query) {
      const { block, orderBy, direction } = query
      const isLong = entity === 'AccessRecord' && orderBy === 'cursor' && direction === 'desc' && block !== undefined
      return isLong ? byWindows((part) => engine.query(entity, part), { ...query, block }) : engine.query(entity, query)
    },
    async status() {
      const { head, chainHeight, failure, trouble } = engine.status()
      return { head: toBlock(head), chainHeight, trouble: failure ?? trouble }
    },
    blockAtOrBefore: async (time) => toBlock(engine.blockAtOrBefore(time)),
    blockUpTo: async (number) => toBlock(engine.blockUpTo(number)),
    blockTime: (number) => engine.blockTime(number),
  }
}

const toBlock = (block: IndexedBlock | undefined): AuditBlock | undefined =>
  block && { number: block.number, hash: block.hash, time: block.timestamp }
