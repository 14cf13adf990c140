/** @module Seals a prepared document: fills the room that it keeps, and nothing else. */
import { ReportError } from '../errors.ts'
import { signCms } from './cms.ts'
import { EMPTY_RANGE, EMPTY_TIME, type PreparedPdf, SIGNATURE_BYTES } from './placeholder.ts'
import type { Signer } from './signer.ts'

/** Resolves with the signed document. `signedAt` is in Unix seconds. */
export async function sealPdf({ bytes, signatureAt }: PreparedPdf, signer: Signer, signedAt: number): Promise<Buffer> {
  const pdf = Buffer.from(bytes)
  const rangeAt = pdf.indexOf(EMPTY_RANGE, signatureAt)
  const timeAt = pdf.indexOf(`/M ${EMPTY_TIME}`, signatureAt) + '/M '.length
  const start = pdf.indexOf('/Contents <', rangeAt) + '/Contents '.length
  const end = start + 2 + SIGNATURE_BYTES * 2
  pdf.write(`/ByteRange [0 ${start} ${end} ${pdf.length - end}]`.padEnd(EMPTY_RANGE.length), rangeAt, 'latin1')
  pdf.write(pdfTime(signedAt), timeAt, 'latin1')
  const cms = await signCms(Buffer.concat([pdf.subarray(0, start), pdf.subarray(end)]), signer)
  if (cms.length > SIGNATURE_BYTES) {
    const text = `The signature takes ${cms.length} bytes, of ${SIGNATURE_BYTES}. Use a certificate with a shorter chain.`
    throw new ReportError('SIGNER_INVALID', text)
  }
  pdf.write(Buffer.from(cms).toString('hex'), start + 1, 'latin1')
  return pdf
}

const pdfTime = (seconds: number): string =>
  `(D:${new Date(seconds * 1_000).toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z)`
