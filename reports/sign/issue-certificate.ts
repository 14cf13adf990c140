/** @module An X.509 certificate (RFC 5280), signed with a P-256 key: its own, or its issuer's. */
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'
import { BitString, fromBER, Integer, Utf8String } from 'asn1js'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  Certificate,
  type Extension,
  PublicKeyInfo,
  RelativeDistinguishedNames,
} from 'pkijs'

const OID = { commonName: '2.5.4.3', ecdsaWithSha256: '1.2.840.10045.4.3.2' }

export interface CertificateOrder {
  commonName: string
  /** PEM or key, public or private: whose certificate it is. */
  subjectKey: string | KeyObject
  /** Absent: signed by the subject's own key. */
  issuer?: { commonName: string; privateKeyPem: string }
  /** Unix seconds. */
  notBefore: number
  notAfter: number
  extensions: Extension[]
}

/** Returns the certificate, PEM. */
export function issueCertificate(order: CertificateOrder): string {
  const { commonName, subjectKey, issuer, notBefore, notAfter, extensions } = order
  const signer = createPrivateKey(issuer?.privateKeyPem ?? (subjectKey as string))
  const spki = createPublicKey(subjectKey as string).export({ type: 'spki', format: 'der' })
  const certificate = new Certificate()
  certificate.version = 2
  certificate.serialNumber = new Integer({ valueHex: exact(randomSerial()) })
  certificate.issuer = nameOf(issuer?.commonName ?? commonName)
  certificate.subject = nameOf(commonName)
  certificate.notBefore.value = new Date(notBefore * 1_000)
  certificate.notAfter.value = new Date(notAfter * 1_000)
  certificate.subjectPublicKeyInfo = new PublicKeyInfo({ schema: fromBER(exact(spki)).result })
  certificate.extensions = extensions
  certificate.signature = new AlgorithmIdentifier({ algorithmId: OID.ecdsaWithSha256 })
  certificate.signatureAlgorithm = certificate.signature
  certificate.tbsView = new Uint8Array(certificate.encodeTBS().toBER())
  const signature = sign('sha256', certificate.tbsView, signer)
  certificate.signatureValue = new BitString({ valueHex: exact(signature) })
  return new X509Certificate(Buffer.from(certificate.toSchema(true).toBER())).toString()
}

/** One attribute only: pkijs would put a second into the same set. */
function nameOf(commonName: string): RelativeDistinguishedNames {
  return new RelativeDistinguishedNames({
    typesAndValues: [new AttributeTypeAndValue({ type: OID.commonName, value: new Utf8String({ value: commonName }) })],
  })
}

/** 16 bytes, positive, first byte never zero: DER's shortest form. */
function randomSerial(): Uint8Array {
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x3f) | 0x40
  return serial
}

const exact = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer
