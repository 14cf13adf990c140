/** @module The development report certificate: self-signed, P-256, for signatures that are not to be denied. */
import { BitString } from 'asn1js'
import { BasicConstraints, Extension } from 'pkijs'
import { issueCertificate } from './issue-certificate.ts'

const OID = { keyUsage: '2.5.29.15', basicConstraints: '2.5.29.19' }
/** digitalSignature and nonRepudiation (RFC 5280 section 4.2.1.3): the two highest bits. */
const KEY_USAGE = Uint8Array.of(0xc0)

export interface CertificateFacts {
  privateKeyPem: string
  commonName: string
  /** Unix seconds. */
  notBefore: number
  notAfter: number
}

/** Returns the certificate of the key, PEM. */
export const selfSign = ({ privateKeyPem, ...facts }: CertificateFacts): string =>
  issueCertificate({ ...facts, subjectKey: privateKeyPem, extensions: extensions() })

function extensions(): Extension[] {
  const usage = new BitString({ valueHex: KEY_USAGE.buffer, unusedBits: 6 }).toBER()
  const constraints = new BasicConstraints({ cA: false }).toSchema().toBER()
  return [
    new Extension({ extnID: OID.basicConstraints, critical: true, extnValue: constraints }),
    new Extension({ extnID: OID.keyUsage, critical: true, extnValue: usage }),
  ]
}
