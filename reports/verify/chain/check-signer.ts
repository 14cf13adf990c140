/**
 * @module Whose signature it is: the certificate of a root that the verifier trusts, or the one that the contract's owner
 * registered as report signer. The document's own word is not asked.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { type Bytes32, toHex } from '../../../domain/bytes.ts'
import type { Folded } from '../evidence/folded.ts'
import type { Findings } from '../findings.ts'
import type { Bundle } from '../format/bundle.ts'
import type { ProvenState } from './state-proof.ts'

export interface SignerTruth {
  rootPem: string | undefined
  /** The contract's word, where it was proven. */
  state: ProvenState | undefined
  /** The contract's word, where a node confirmed every event. */
  folded: Folded | undefined
}

export function checkSigner(
  certificate: X509Certificate,
  bundle: Bundle,
  truth: SignerTruth,
  findings: Findings,
): void {
  if (truth.rootPem !== undefined) {
    findings.check(
      'signer',
      rootProblem(certificate, truth.rootPem),
      'The certificate is, or was issued by, the root that you trust.',
    )
    return
  }
  const period = registered(spkiHashOf(certificate), truth)
  if (period === undefined) {
    findings.notChecked(
      'signer',
      'Anyone can make such a certificate. Give --root, or --rpc, to learn whether the contract knows it.',
    )
    return
  }
  const { timestamp } = bundle.block
  const isRegistered = period !== null && period.from <= timestamp && timestamp < period.until
  findings.check(
    'signer',
    isRegistered ? undefined : 'The contract does not know this signer at the report’s block.',
    'The signer is registered in the contract at the report’s block.',
  )
}

export function spkiHashOf(certificate: X509Certificate): Bytes32 {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return toHex(createHash('sha256').update(spki).digest())
}

/** Null: never registered. Undefined: nothing vouches for either. */
function registered(
  spkiHash: Bytes32,
  { state, folded }: SignerTruth,
): { from: number; until: number } | null | undefined {
  const proven = state?.reportSigner(spkiHash)
  if (proven !== undefined) return proven
  if (folded === undefined) return undefined
  const settings = folded.events.flatMap((event) =>
    event.name === 'ReportSignerSet' && event.args.spkiHash === spkiHash ? [event.args] : [],
  )
  return settings.at(-1) ?? null
}

function rootProblem(certificate: X509Certificate, rootPem: string): string | undefined {
  let root: X509Certificate
  try {
    root = new X509Certificate(rootPem)
  } catch {
    return 'The root that was given is no certificate in PEM.'
  }
  if (root.raw.equals(certificate.raw)) return undefined
  const isIssued = root.ca && certificate.checkIssued(root) && certificate.verify(root.publicKey)
  return isIssued ? undefined : 'The certificate is neither the root that you trust nor issued by it.'
}
