/** @module What is said of a record's evidence: open, withheld, erased, or not to be had, and why. */

import type { StoredEvidence } from '../../records/store/port.ts'
import type { Role } from '../sign-in/roles.ts'

export type EvidenceAnswer =
  | { status: 'OPEN'; reason: string; stored: StoredEvidence & { text: string } }
  | { status: 'WITHHELD' | 'ERASED'; reason: string; stored: StoredEvidence }
  | { status: 'NOT_AVAILABLE'; reason: string; code: string }

export const REASONS = {
  SIGN_IN: 'Evidence is for auditors, topic owners and the subject itself: sign in at /auth/sign-in.',
  NO_ROLE:
    'You are neither this record’s subject nor its topic’s owner or auditor. Who grants that: the topic’s owner, or the broker owner.',
  ERASED: 'It was erased: `erasure` tells when and why. Sequence, leaf and every other proof stand.',
  OPEN: {
    SUBJECT: 'Shown to you as the subject. That it was shown is recorded.',
    TOPIC_OWNER: 'Shown to you as the topic’s owner. That it was shown is recorded.',
    AUDITOR: 'Shown to you as an auditor. That it was shown is recorded.',
  } satisfies Record<Role, string>,
}

const WORDS: Readonly<Record<string, string>> = {
  NOT_STORED:
    'Nothing of it is in the evidence store: it is copied there once its batch is final, or another gateway keeps it.',
  CHAIN_UNREACHABLE: 'The chain cannot be asked what you may see. Ask again soon.',
  STORE_UNREACHABLE: 'The evidence store cannot be reached. The record stands all the same; ask again soon.',
  STORE_BUSY: 'The evidence store is busy. Ask again soon.',
}

export const notAvailable = (code: string): EvidenceAnswer => ({
  status: 'NOT_AVAILABLE',
  code,
  reason:
    WORDS[code] ??
    'This gateway cannot record now that evidence is shown, so it shows none. Ask again soon, or tell the operator.',
})
