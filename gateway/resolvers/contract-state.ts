/** @module What the contract knows: topics, accounts, grants and recorders, each as of the block that its parent is. */
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import type { AuditGrant, AuditRecorder, AuditTopic } from '../audit-store/port.ts'
import { FOREVER } from '../schema/scalars.ts'
import { type At, all, at, type WalletRef, wallet } from './as-of.ts'
import { assertFirst } from './connection.ts'
import type { GatewayContext } from './context.ts'

interface First {
  first: number
}

export const Topic = {
  owner: ({ owner, at: block }: At<AuditTopic>) => (owner === undefined ? null : wallet(owner, block)),
  registeredBy: ({ registeredBy, at: block }: At<AuditTopic>) => wallet(registeredBy, block),
  async grants({ id, at: block }: At<AuditTopic>, { first }: First, { store }: GatewayContext) {
    assertFirst(first)
    return all(await store.grants({ topicId: id }, { first, block }), block)
  },
}

export const Wallet = {
  async topics({ address, at: block }: WalletRef, { first }: First, { store }: GatewayContext) {
    assertFirst(first)
    return all(await store.topics({ owner: address }, { first, block }), block)
  },
  async grants({ address, at: block }: WalletRef, { first }: First, { store }: GatewayContext) {
    assertFirst(first)
    return all(await store.grants({ grantee: address }, { first, block }), block)
  },
}

export const Grant = {
  id: ({ number }: AuditGrant) => number,
  purpose: ({ purpose }: AuditGrant) => (purpose === ZERO_BYTES32 ? null : { commitment: purpose, text: null }),
  topic: async ({ topicId, at: block }: At<AuditGrant>, _: unknown, { store }: GatewayContext) =>
    at(await store.topic(topicId, block), block),
  grantee: ({ grantee, at: block }: At<AuditGrant>) => wallet(grantee, block),
  grantor: ({ grantor, at: block }: At<AuditGrant>) => wallet(grantor, block),
  until: ({ until }: AuditGrant) => (until === FOREVER ? null : until),
  endedBy: ({ endedBy, at: block }: At<AuditGrant>) => (endedBy === undefined ? null : wallet(endedBy, block)),
}

export const Recorder = { id: ({ number }: AuditRecorder) => number }
