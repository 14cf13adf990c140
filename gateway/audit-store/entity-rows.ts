/** @module Entities in the port's words. */
import type { Address, Bytes32, Hex } from '../../domain/bytes.ts'
import type { EntityRow } from '../../subgraph/engine/port.ts'
import type {
  AuditAuditor,
  AuditBatch,
  AuditDeviceKey,
  AuditGrant,
  AuditPayment,
  AuditRecord,
  AuditRecorder,
  AuditReport,
  AuditTopic,
  AuditWallet,
} from './port.ts'

type Value = EntityRow[string] | undefined

const hex = (value: Value): Hex => value as Hex
const number = (value: Value): number => Number(value)
const big = (value: Value): bigint => value as bigint

export const toTopic = (row: EntityRow): AuditTopic => ({
  id: hex(row.id),
  filter: row.filter as string,
  ...(row.owner === undefined ? {} : { owner: hex(row.owner) as Address }),
  since: big(row.since),
  registeredAt: number(row.registeredAt),
  registeredBy: hex(row.registeredBy),
  terms: {
    setAt: big(row.termsSetAt),
    sellsPublish: row.sellsPublish as boolean,
    sellsSubscribe: row.sellsSubscribe as boolean,
    publishPrice: big(row.publishPrice),
    subscribePrice: big(row.subscribePrice),
    period: number(row.period),
    countryRule: row.countryRule as string,
    countries: big(row.countries),
    sealed: row.sealed as boolean,
  },
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
  ...(row.bought === true ? { bought: { price: big(row.price ?? 0n), period: number(row.period ?? 0n) } } : {}),
  cursor: big(row.cursor),
})

export const toWallet = (row: EntityRow): AuditWallet => ({
  address: hex(row.id),
  suspendedUntil: number(row.suspendedUntil),
  credited: big(row.credited),
  withdrawn: big(row.withdrawn),
})

export const toDeviceKey = (row: EntityRow): AuditDeviceKey => ({
  owner: hex(row.owner),
  device: hex(row.device),
  until: number(row.until),
  authorizedAt: number(row.authorizedAt),
  cursor: big(row.cursor),
})

export const toAuditor = (row: EntityRow): AuditAuditor => ({
  account: hex(row.account),
  topicId: hex(row.topicId),
  until: number(row.until),
  appointed: big(row.appointed),
  appointedBy: hex(row.appointedBy),
  cursor: big(row.cursor),
})

export const toPayment = (row: EntityRow): AuditPayment => ({
  id: hex(row.id),
  account: hex(row.account),
  topicId: hex(row.topic),
  income: row.income as string,
  amount: big(row.amount),
  at: number(row.at),
  transaction: hex(row.transaction),
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
  recorder: BigInt(hex(row.recorder)),
  firstSequence: big(row.firstSequence),
  count: number(row.count),
  recordsHash: hex(row.recordsHash),
  evidenceRoot: hex(row.evidenceRoot),
  through: number(row.through),
  builtAt: number(row.builtAt),
  head: hex(row.head),
  transaction: hex(row.transaction),
  block: { number: number(row.block), hash: hex(row.blockHash), time: number(row.blockTime) },
  cursor: big(row.cursor),
})

export const toReport = (row: EntityRow): AuditReport => ({
  hash: hex(row.reportHash),
  kind: row.kind as string,
  issuer: hex(row.issuer),
  issuedAt: number(row.at),
  transaction: hex(row.transaction),
  block: big(row.block),
  cursor: big(row.cursor),
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
