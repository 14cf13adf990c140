/** @module The engine's rows in the port's words. */
import { type Address, type Bytes32, type Hex, toHex } from '../../domain/bytes.ts'
import type { EntityRow, EntityValue } from '../../subgraph/engine/port.ts'
import type { AuditBatch, AuditBlock, AuditGrant, AuditRecord, AuditRecorder, AuditTopic } from './port.ts'

const hex = (value: EntityValue | undefined): Hex => toHex(value as Uint8Array)
const number = (value: EntityValue | undefined): number => Number(value)
const big = (value: EntityValue | undefined): bigint => value as bigint

export const toBlock = (block: { number: number; hash: Hex; timestamp: number }): AuditBlock => ({
  number: block.number,
  hash: block.hash,
  time: block.timestamp,
})

export const toTopic = (row: EntityRow): AuditTopic => ({
  id: hex(row.id),
  filter: row.filter as string,
  ...(row.owner === undefined ? {} : { owner: hex(row.owner) as Address }),
  registeredAt: number(row.registeredAt),
  registeredBy: hex(row.registeredBy),
  cursor: big(row.cursor),
})

export const toGrant = (row: EntityRow): AuditGrant => ({
  number: big(row.number),
  right: row.right as AuditGrant['right'],
  topicId: hex(row.topic),
  grantee: hex(row.grantee),
  grantor: hex(row.grantor),
  lawfulBasis: row.lawfulBasis as string,
  purpose: hex(row.purpose),
  since: number(row.since),
  until: number(row.until),
  ...(row.endedAt === undefined ? {} : { endedAt: number(row.endedAt) }),
  ...(row.endedBy === undefined ? {} : { endedBy: hex(row.endedBy) }),
  cursor: big(row.cursor),
})

export const toRecord = (row: EntityRow): AuditRecord => ({
  id: hex(row.id),
  cursor: big(row.cursor),
  recorder: big(row.recorderNumber),
  sequence: big(row.sequence),
  action: row.action as string,
  outcome: row.outcome as string,
  denialReason: row.denialReason as string,
  sealed: row.sealed as boolean,
  account: hex(row.account),
  topicId: hex(row.topicId) as Bytes32,
  grant: big(row.grantNumber),
  firstAt: number(row.firstAt),
  lastAt: number(row.lastAt),
  count: number(row.count),
  countIsLowerBound: row.countIsLowerBound as boolean,
  transaction: hex(row.transaction),
  block: { number: number(row.block), hash: hex(row.blockHash), time: number(row.blockTime) },
})

export const toBatch = (row: EntityRow): AuditBatch => ({
  firstSequence: big(row.firstSequence),
  count: number(row.count),
  recordsHash: hex(row.recordsHash),
  evidenceRoot: hex(row.evidenceRoot),
  through: number(row.through),
  builtAt: number(row.builtAt),
  head: hex(row.head),
  transaction: hex(row.transaction),
})

export const toRecorder = (row: EntityRow): AuditRecorder => ({
  number: big(row.number),
  address: hex(row.address),
  state: row.state as string,
  addedAt: number(row.addedAt),
  ...(row.endedAt === undefined ? {} : { endedAt: number(row.endedAt) }),
  nextSequence: big(row.nextSequence),
  through: number(row.through),
  head: hex(row.head),
})
