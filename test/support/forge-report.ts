/** @module A dishonest maker: changes a report's attachment, draws what it then says, and signs it properly. */

import { sha256, toHex, utf8 } from '../../domain/bytes.ts'
import { canonicalJson } from '../../domain/evidence.ts'
import { compileTopicAccess, type ReportOrder } from '../../reports/make-report.ts'
import { renderReport } from '../../reports/render/render-report.ts'
import { spkiHash } from '../../reports/sign/file-signer.ts'
import { sealPdf } from '../../reports/sign/seal.ts'
import type { Signer } from '../../reports/sign/signer.ts'
import type { Attachment } from '../../reports/verify/format/report.ts'

export async function compiled({ signer, signedAt: _, ...collection }: ReportOrder): Promise<Attachment> {
  return compileTopicAccess({ ...collection, spkiHash: spkiHash(signer.certificate) }, signer)
}

/** Returns a signed document of the changed attachment; its evidence digest is made to fit. */
export async function forge(
  attachment: Attachment,
  change: (attachment: Attachment) => void,
  { signer, signedAt }: { signer: Signer; signedAt: number },
): Promise<Buffer> {
  const changed = structuredClone(attachment)
  change(changed)
  changed.report.evidenceDigest = toHex(sha256(utf8(canonicalJson(changed.bundle))))
  return sealPdf(await renderReport(changed), signer, signedAt)
}
