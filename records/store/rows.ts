/** @module Rows of the store's tables, alike in both databases, and what they mean. Pure. */
import { Buffer } from 'node:buffer'
import { type Address, type Bytes32, fromHex, type Hex, toHex } from '../../domain/bytes.ts'
import type { LegalHold, StoredEvidence, StoredPurpose } from './port.ts'

export interface EvidenceRow {
  recorderId: number
  seq: number
  text: string | null
  salt: Buffer | null
  leaf: Buffer
  batchFirstSeq: number
  batchCount: number
  account: string | null
  topicId: string | null
  firstAt: number | null
  lastAt: number
}

export const toEvidenceRow = ({ text, salt, leaf, subject, ...place }: StoredEvidence): EvidenceRow => ({
  ...place,
  text: text ?? null,
  salt: salt === undefined ? null : Buffer.from(fromHex(salt)),
  leaf: Buffer.from(fromHex(leaf)),
  account: subject?.account ?? null,
  topicId: subject?.topicId ?? null,
  firstAt: subject?.firstAt ?? null,
  lastAt: subject?.lastAt ?? 0,
})

export const fromEvidenceRow = ({
  text,
  salt,
  leaf,
  account: _a,
  topicId: _t,
  firstAt: _f,
  lastAt: _l,
  ...place
}: EvidenceRow): StoredEvidence => ({
  ...place,
  ...(text === null ? {} : { text }),
  ...(salt === null ? {} : { salt: toHex(salt) as Hex }),
  leaf: toHex(leaf),
})

interface PurposeRow {
  key: string
  lang: string | null
  text: string | null
  salt: Buffer | null
}

export const fromPurposeRow = ({ key, lang, text, salt }: PurposeRow): StoredPurpose => ({
  key: key as Bytes32,
  ...(lang === null ? {} : { lang }),
  ...(text === null ? {} : { text }),
  ...(salt === null ? {} : { salt: toHex(salt) as Hex }),
})

interface HoldRow {
  id: string
  account: string | null
  topicId: string | null
  reason: string
  since: number
  liftedAt: number | null
}

export const toHoldRow = ({ account, topicId, liftedAt, ...hold }: LegalHold): HoldRow => ({
  ...hold,
  account: account ?? null,
  topicId: topicId ?? null,
  liftedAt: liftedAt ?? null,
})

export const fromHoldRow = ({ account, topicId, liftedAt, ...hold }: HoldRow): LegalHold => ({
  ...hold,
  ...(account === null ? {} : { account: account as Address }),
  ...(topicId === null ? {} : { topicId: topicId as Bytes32 }),
  ...(liftedAt === null ? {} : { liftedAt }),
})
