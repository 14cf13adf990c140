/**
 * @module Doubts a report. It trusts none of our services, and nothing in the document that does not follow from something
 * else; whatever bytes it is given, it answers with a verdict.
 */
import { createHash } from 'node:crypto'
import { createFailoverRpc } from '../../contracts/rpc/failover.ts'
import { pinned, RpcError } from '../../contracts/rpc/json-rpc.ts'
import { toHex, utf8 } from '../../domain/bytes.ts'
import { canonicalJson } from '../../domain/evidence.ts'
import { checkNode } from './chain/check-node.ts'
import { checkSigner, spkiHashOf } from './chain/check-signer.ts'
import { checkState } from './chain/check-state.ts'
import { findAnchor } from './chain/find-anchor.ts'
import { checkPages, type Remake } from './check-pages.ts'
import { checkCoverage, doubtStops } from './content/check-coverage.ts'
import { checkDecisions } from './content/check-decisions.ts'
import { checkGrants, checkRows } from './content/check-rows.ts'
import { checkSealed } from './content/check-sealed.ts'
import { expectedRows } from './content/expected-rows.ts'
import { checkBatches } from './evidence/check-batches.ts'
import { checkBlocks, checkEvents } from './evidence/check-events.ts'
import { checkLeaves } from './evidence/check-leaves.ts'
import { type Folded, foldBundle } from './evidence/folded.ts'
import { Findings, type ReportSummary, type Verdict } from './findings.ts'
import type { Attachment } from './format/report.ts'
import { openDocument } from './pdf/document.ts'
import { readAttachment } from './read-attachment.ts'
import { checkSignature, type Signature } from './signature/check-signature.ts'

export interface VerifyOptions {
  /** A node of the report's chain. */
  rpcUrl?: string
  /** A certificate that the verifier trusts, PEM. */
  rootPem?: string
  /** The hash of the report's block, from any explorer. */
  blockHash?: string
  /** Makes every finding that was not checked count as a failure in the exit code. */
  strict?: boolean
  /** Draws the document again (reports/remake.ts); without it the pages are not checked. */
  remake?: Remake
}

/** Resolves with the verdict, always: a document that cannot be read is a failed finding. */
export async function verifyReport(pdf: Uint8Array, options: VerifyOptions = {}): Promise<Verdict> {
  const findings = new Findings()
  const found = await examine(pdf, options, findings).catch(() => {
    // Whoever makes the verifier stumble shall not pass; each check parses what it reads, so this is not to be reached.
    findings.failed('file', 'The document could not be examined to its end.')
    return undefined
  })
  const verdict = findings.verdict(options.strict ?? false)
  return { ...verdict, ...found }
}

async function examine(
  pdf: Uint8Array,
  options: VerifyOptions,
  findings: Findings,
): Promise<Pick<Verdict, 'report' | 'anchor'> | undefined> {
  const document = openDocument(pdf)
  if (typeof document === 'string') {
    findings.failed('file', document)
    return undefined
  }
  findings.passed('file', 'The file is one PDF, never updated.')
  const signature = checkSignature(pdf, document, findings)
  const attachment = readAttachment(document, findings)
  if (attachment === undefined) return undefined
  if (signature !== undefined) {
    checkNames(attachment, signature, findings)
    await checkPages({ pdf, attachment, field: signature.field }, options.remake, findings)
  }
  const folded = foldBundle(attachment.bundle)
  checkContent(attachment, folded, findings)
  const node = await checkOutside({ attachment, folded, signature }, options, findings)
  const anchor = node && (await findAnchor(pdf, attachment.bundle, node.rpc))
  return { report: summarize(attachment), ...(anchor === undefined ? {} : { anchor }) }
}

function checkNames({ bundle, report }: Attachment, { certificate }: Signature, findings: Findings): void {
  const hash = toHex(createHash('sha256').update(certificate.raw).digest())
  const { certificateHash, spkiHash, subject } = report.signer
  const isItsKey = certificateHash === hash && spkiHash === spkiHashOf(certificate)
  // What stands on the pages is the name alone.
  const isNamed = isItsKey && subject === certificate.subject.replaceAll('\n', ', ')
  findings.check(
    'certificate-named',
    isNamed ? undefined : 'The report names another certificate than signed it.',
    'The report names the certificate that signed it.',
  )
  const digest = toHex(
    createHash('sha256')
      .update(utf8(canonicalJson(bundle)))
      .digest(),
  )
  const { block, deployment, question } = bundle
  const told = canonicalJson([report.question, report.deployment, report.block, report.viewer])
  const isSame =
    told ===
    canonicalJson([
      question,
      deployment,
      { number: block.number, hash: block.hash, timestamp: block.timestamp },
      bundle.viewer ?? 'OPERATOR',
    ])
  findings.check(
    'evidence-digest',
    digest === report.evidenceDigest && isSame ? undefined : 'The report was made from another bundle.',
    'The report was made from this bundle.',
  )
}

function checkContent(attachment: Attachment, folded: Folded, findings: Findings): void {
  const { bundle } = attachment
  checkBlocks(bundle, findings)
  checkEvents(bundle, findings)
  checkBatches(bundle, folded, findings)
  checkLeaves(bundle, folded, findings)
  checkCoverage(attachment, folded, findings)
  const expected = expectedRows(bundle, folded)
  checkRows(attachment, expected, findings)
  checkSealed(attachment, findings)
  checkGrants(attachment, folded, findings)
  checkDecisions(expected, folded, findings)
}

interface Examined {
  attachment: Attachment
  folded: Folded
  signature: Signature | undefined
}

/** What only something outside the document can vouch for. Resolves with the node that was asked. */
async function checkOutside({ attachment, folded, signature }: Examined, options: VerifyOptions, findings: Findings) {
  const { bundle } = attachment
  const { blockHash, rootPem } = options
  const node = await askNode(attachment, options, findings)
  const state = await checkState({ bundle, folded }, { blockHash, node }, findings)
  if (node?.hasBlock !== true) doubtStops(bundle, folded, findings)
  const truth = { rootPem, state, folded: node?.hasBlock ? folded : undefined }
  if (signature !== undefined) checkSigner(signature.certificate, bundle, truth, findings)
  return node
}

async function askNode({ bundle }: Attachment, { rpcUrl }: VerifyOptions, findings: Findings) {
  if (rpcUrl === undefined) {
    for (const name of NODE_FINDINGS) findings.notChecked(name, 'No node was asked. Give --rpc.')
    return undefined
  }
  try {
    const rpc = await pinned(createFailoverRpc(rpcUrl))
    return { rpc, hasBlock: await checkNode(bundle, rpc, findings) }
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    for (const name of NODE_FINDINGS) findings.unanswered(name, `The node could not be asked: ${error.message}`)
    return undefined
  }
}

const NODE_FINDINGS = ['chain-id', 'contract-code', 'block-on-chain', 'events-on-chain'] as const

function summarize({ bundle, report }: Attachment): ReportSummary {
  const { topicFilter, from, to } = bundle.question
  return {
    topicFilter,
    from,
    to,
    chainId: bundle.deployment.chainId,
    contract: bundle.deployment.contract,
    block: { number: bundle.block.number, hash: bundle.block.hash },
    rows: report.rows.length,
    complete: report.complete,
    signer: report.signer.subject,
  }
}
