/** @module One signature, over the whole file, by the certificate that it names, at a time when that was valid. */
import { createHash, verify, type X509Certificate } from 'node:crypto'
import { BitString, fromBER } from 'asn1js'
import { Certificate } from 'pkijs'
import type { Findings } from '../findings.ts'
import type { PdfDocument } from '../pdf/document.ts'
import { type SignatureField, signatureField } from '../pdf/signature-field.ts'
import { type Cms, derLength, readCms } from './read-cms.ts'

export interface Signature {
  field: SignatureField
  certificate: X509Certificate
}

/** Returns the signature where its parts can be read, sound or not: the findings say which. */
export function checkSignature(pdf: Uint8Array, document: PdfDocument, findings: Findings): Signature | undefined {
  const field = signatureField(document)
  if (typeof field === 'string') {
    findings.failed('one-signature', field)
    return undefined
  }
  findings.passed('one-signature', 'The document has one signature.')
  findings.check('byte-range', rangeProblem(pdf, field), 'The signature covers the whole file but itself.')

  const bytes = Buffer.from(field.contents.digits, 'hex')
  const length = derLength(bytes)
  const isPadded = length > 0 && isLowerHex(field) && bytes.subarray(length).every((byte) => byte === 0)
  findings.check(
    'padding',
    isPadded ? undefined : 'More than zeros follow the signature in its room.',
    'Only zeros follow the signature in its room.',
  )
  const cms = readCms(bytes.subarray(0, length))
  if (typeof cms === 'string') {
    findings.failed('signature-form', cms)
    return undefined
  }
  findings.passed('signature-form', 'The signature has the form of PAdES baseline B-B.')
  checkBytes(pdf, field, cms, findings)
  checkCertificate(field, cms, findings)
  return { field, certificate: cms.certificate }
}

function rangeProblem(pdf: Uint8Array, { byteRange, contents }: SignatureField): string | undefined {
  const [zero, before, after, rest] = byteRange
  const isWhole = byteRange.length === 4 && zero === 0 && before === contents.start && after === contents.end
  if (!isWhole) return 'The signed ranges are not all of the file around the signature.'
  if ((after ?? 0) + (rest ?? 0) !== pdf.length) return 'Bytes were added after signing.'
  return undefined
}

const isLowerHex = ({ contents }: SignatureField): boolean => !/[^0-9a-f]/.test(contents.digits)

function checkBytes(pdf: Uint8Array, { contents }: SignatureField, cms: Cms, findings: Findings): void {
  const hash = createHash('sha256').update(pdf.subarray(0, contents.start)).update(pdf.subarray(contents.end))
  const isDigest = hash.digest().equals(cms.messageDigest)
  findings.check(
    'document-digest',
    isDigest ? undefined : 'The document was changed after signing.',
    'The document is what was signed.',
  )
  const isValue = isSigned(cms)
  findings.check(
    'signature-value',
    isValue ? undefined : 'The signature is not by the key of its certificate.',
    'The signature is by the key of its certificate.',
  )
  const isNamed = cms.essHash?.equals(createHash('sha256').update(cms.certificate.raw).digest()) ?? false
  findings.check(
    'signing-certificate',
    isNamed ? undefined : 'The signature names another certificate than it carries.',
    'The signature names the certificate that it carries.',
  )
}

function isSigned({ certificate, signedBytes, signature }: Cms): boolean {
  try {
    return verify('sha256', signedBytes, certificate.publicKey, signature)
  } catch {
    return false // a key or a signature that is none
  }
}

function checkCertificate({ signedAt }: SignatureField, { certificate }: Cms, findings: Findings): void {
  const [from, until] = [certificate.validFromDate.getTime() / 1_000, certificate.validToDate.getTime() / 1_000]
  const isDated = signedAt !== undefined && from <= signedAt && signedAt <= until
  const dates = `from ${certificate.validFrom} to ${certificate.validTo}`
  findings.check(
    'certificate-dates',
    isDated ? undefined : `The certificate, valid ${dates}, was not valid at the time of signing.`,
    `The certificate is valid ${dates}; the time of signing, by the signer's own clock, lies within.`,
  )
  const isMeant = isForSigning(certificate)
  findings.check(
    'certificate-usage',
    isMeant ? undefined : 'The certificate is not made for signatures on documents.',
    'The certificate is made for signatures that are not to be denied.',
  )
}

/** Key usage digitalSignature and nonRepudiation, and no authority (RFC 5280 section 4.2.1.3). */
function isForSigning(certificate: X509Certificate): boolean {
  try {
    const parsed = new Certificate({ schema: fromBER(new Uint8Array(certificate.raw).buffer).result })
    const usage = parsed.extensions?.find(({ extnID }) => extnID === '2.5.29.15')?.parsedValue
    const bits = usage instanceof BitString ? (usage.valueBlock.valueHexView[0] ?? 0) : 0
    return !certificate.ca && (bits & 0xc0) === 0xc0
  } catch {
    return false
  }
}
