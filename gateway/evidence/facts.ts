/** @module Whom and what a record is about: of a sealed one its evidence tells. */
import { type Address, type Bytes32, parseAddress } from '../../domain/bytes.ts'
import type { AuditRecord } from '../audit-store/port.ts'

export interface Facts {
  account: Address
  topicId: Bytes32
}

/** Of what is not of the shape that our recorders write, the chain's zeros stay: they entitle nobody but auditors of all. */
export function factsOf({ sealed, account, topicId }: AuditRecord, text: string): Facts {
  if (!sealed) return { account, topicId }
  const facts = sealedIn(text)
  const isTopic = typeof facts?.topicId === 'string' && /^0x[0-9a-f]{64}$/.test(facts.topicId)
  return {
    account: (typeof facts?.account === 'string' && parseAddress(facts.account)) || account,
    topicId: isTopic ? (facts.topicId as Bytes32) : topicId,
  }
}

function sealedIn(text: string): { account?: unknown; topicId?: unknown } | undefined {
  try {
    return (JSON.parse(text) as { sealed?: { account?: unknown; topicId?: unknown } } | null)?.sealed
  } catch {
    return undefined // no JSON
  }
}
