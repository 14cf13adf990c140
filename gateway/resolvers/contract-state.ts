/** @module What the contract knows: topics, accounts, grants and recorders, each as of the block that its parent is. */
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { countriesIn } from '../../domain/country.ts'
import type {
  AuditGrant,
  AuditPayment,
  AuditRecorder,
  AuditReport,
  AuditTerms,
  AuditTopic,
} from '../audit-store/port.ts'
import type { PurposeAnswer } from '../evidence/purpose-desk.ts'
import { FOREVER } from '../schema/scalars.ts'
import { anchorOf } from './anchor.ts'
import { type At, at, type WalletRef, wallet } from './as-of.ts'
import { connection, type NestedPage, nestedPageOf } from './connection.ts'
import type { GatewayContext } from './context.ts'

export const Topic = {
  owner: ({ owner, at: block }: At<AuditTopic>) => (owner === undefined ? null : wallet(owner, block)),
  registeredBy: ({ registeredBy, at: block }: At<AuditTopic>) => wallet(registeredBy, block),
  /** What an earlier owner asked does not bind the present one; where it may be used from, and sealing, stay. */
  async terms(topic: At<AuditTopic>, _: unknown, { store }: GatewayContext) {
    const anchor = await anchorOf(store, topic, topic.at.number)
    const isOld = anchor !== undefined && topic.terms.setAt < anchor.since
    const offer = isOld
      ? { sellsPublish: false, sellsSubscribe: false, publishPrice: 0n, subscribePrice: 0n, period: 0 }
      : {}
    return { ...topic.terms, ...offer }
  },
  async payments({ id, at: block }: At<AuditTopic>, args: NestedPage, context: GatewayContext) {
    return connection(await nestedPageOf(context, args, block), (page) => context.store.payments({ topicId: id }, page))
  },
  async grants({ id, at: block }: At<AuditTopic>, args: NestedPage, context: GatewayContext) {
    return connection(await nestedPageOf(context, args, block), (page) => context.store.grants({ topicId: id }, page))
  },
  async auditors({ id, at: block }: At<AuditTopic>, args: NestedPage, context: GatewayContext) {
    return connection(await nestedPageOf(context, args, block), (page) => context.store.auditors({ topicId: id }, page))
  },
}

export const Terms = {
  period: ({ period }: AuditTerms) => (period === 0 ? null : period),
  countries: ({ countries }: AuditTerms) => countriesIn(countries),
}

export const Payment = {
  topic: ({ topicId, at: block }: At<AuditPayment>, _: unknown, { store }: GatewayContext) =>
    at(store.topic(topicId, block.number), block),
  account: ({ account, at: block }: At<AuditPayment>) => wallet(account, block),
  income: ({ income }: AuditPayment) => (income.startsWith('UNKNOWN') ? 'UNKNOWN' : income),
}

export const Wallet = {
  async suspendedUntil({ address, at: block }: WalletRef, _: unknown, { store }: GatewayContext) {
    const until = (await store.wallet(address, block.number))?.suspendedUntil ?? 0
    return until === 0 ? null : until
  },
  credited: async ({ address, at: block }: WalletRef, _: unknown, { store }: GatewayContext) =>
    (await store.wallet(address, block.number))?.credited ?? 0n,
  withdrawn: async ({ address, at: block }: WalletRef, _: unknown, { store }: GatewayContext) =>
    (await store.wallet(address, block.number))?.withdrawn ?? 0n,
  async payments({ address, at: block }: WalletRef, args: NestedPage, context: GatewayContext) {
    return connection(await nestedPageOf(context, args, block), (page) =>
      context.store.payments({ account: address }, page),
    )
  },
  async topics({ address, at: block }: WalletRef, args: NestedPage, context: GatewayContext) {
    return connection(await nestedPageOf(context, args, block), (page) =>
      context.store.topics({ owner: address }, page),
    )
  },
  async grants({ address, at: block }: WalletRef, args: NestedPage, context: GatewayContext) {
    return connection(await nestedPageOf(context, args, block), (page) =>
      context.store.grants({ grantee: address }, page),
    )
  },
  async deviceKeys({ address, at: block }: WalletRef, args: NestedPage, context: GatewayContext) {
    return connection(await nestedPageOf(context, args, block), (page) => context.store.deviceKeys(address, page))
  },
}

export const Grant = {
  id: ({ number }: AuditGrant) => number,
  bought: ({ bought }: AuditGrant) => bought ?? null,
  purpose: (grant: AuditGrant, _: unknown, { purposes }: GatewayContext) =>
    grant.purpose === ZERO_BYTES32 ? null : { commitment: grant.purpose, words: () => purposes.look(grant) },
  topic: ({ topicId, at: block }: At<AuditGrant>, _: unknown, { store }: GatewayContext) =>
    at(store.topic(topicId, block.number), block),
  grantee: ({ grantee, at: block }: At<AuditGrant>) => wallet(grantee, block),
  grantor: ({ grantor, at: block }: At<AuditGrant>) => wallet(grantor, block),
  until: ({ until }: AuditGrant) => (until === FOREVER ? null : until),
  endedBy: ({ endedBy, at: block }: At<AuditGrant>) => (endedBy === undefined ? null : wallet(endedBy, block)),
}

interface PurposeNode {
  words: () => Promise<PurposeAnswer>
}

/** The words are looked up, and the look journaled, only where they are asked for. */
export const Purpose = {
  status: async ({ words }: PurposeNode) => (await words()).status,
  reason: async ({ words }: PurposeNode) => (await words()).reason,
  lang: async ({ words }: PurposeNode) => (await words()).lang ?? null,
  text: async ({ words }: PurposeNode) => (await words()).text ?? null,
}

export const Recorder = {
  id: ({ number }: AuditRecorder) => number,
  async batches({ number, at: block }: At<AuditRecorder>, args: NestedPage, context: GatewayContext) {
    return connection(await nestedPageOf(context, args, block), (page) => context.store.batchesOf(number, page))
  },
}

export const Report = {
  id: ({ hash }: AuditReport) => hash,
  kind: ({ kind }: AuditReport) => (kind.startsWith('UNKNOWN') ? 'UNKNOWN' : kind),
  issuer: ({ issuer, at: block }: At<AuditReport>) => wallet(issuer, block),
}
