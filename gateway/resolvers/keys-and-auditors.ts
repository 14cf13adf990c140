/** @module Who else may act or read for an owner: device keys, and auditors. */
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import type { AuditAuditor, AuditDeviceKey } from '../audit-store/port.ts'
import { FOREVER } from '../schema/scalars.ts'
import { anchorOf } from './anchor.ts'
import { type At, at, wallet } from './as-of.ts'
import type { GatewayContext } from './context.ts'

export const Auditor = {
  account: ({ account, at: block }: At<AuditAuditor>) => wallet(account, block),
  topic: ({ topicId, at: block }: At<AuditAuditor>, _: unknown, { store }: GatewayContext) =>
    topicId === ZERO_BYTES32 ? null : at(store.topic(topicId, block.number), block),
  until: ({ until }: AuditAuditor) => (until === 0 || until === FOREVER ? null : until),
  appointedBy: ({ appointedBy, at: block }: At<AuditAuditor>) => wallet(appointedBy, block),
  async state({ topicId, until, appointed, at: block }: At<AuditAuditor>, _: unknown, { store }: GatewayContext) {
    if (until === 0) return 'ENDED'
    const topic = topicId === ZERO_BYTES32 ? undefined : await store.topic(topicId, block.number)
    const anchor = topic && (await anchorOf(store, topic, block.number))
    return anchor !== undefined && appointed < anchor.since ? 'LAPSED' : 'APPOINTED'
  },
}

export const DeviceKey = {
  until: ({ until }: AuditDeviceKey) => (until === 0 || until === FOREVER ? null : until),
  isEnded: ({ until }: AuditDeviceKey) => until === 0,
}
