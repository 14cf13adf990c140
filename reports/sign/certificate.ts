/** @module The development report certificate: self-signed, P-256, for signatures that are not to be denied. */
import { createPrivateKey, createPublicKey, randomBytes, sign, X509Certificate } from 'node:crypto'
import { BitString, fromBER, Integer, Utf8String } from 'asn1js'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  Extension,
  PublicKeyInfo,
  RelativeDistinguishedNames,
} from 'pkijs'

const OID = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
}
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
export function selfSign({ privateKeyPem, commonName, notBefore, notAfter }: CertificateFacts): string {
  const privateKey = createPrivateKey(privateKeyPem)
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const certificate = new Certificate()
  certificate.version = 2
  certificate.serialNumber = new Integer({ valueHex: exact(randomSerial()) })
  certificate.issuer = nameOf(commonName)
  certificate.subject = nameOf(commonName)
  certificate.notBefore.value = new Date(notBefore * 1_000)
  certificate.notAfter.value = new Date(notAfter * 1_000)
  certificate.subjectPublicKeyInfo = new PublicKeyInfo({ schema: fromBER(exact(spki)).result })
  certificate.extensions = extensions()
  certificate.signature = new AlgorithmIdentifier({ algorithmId: OID.ecdsaWithSha256 })
  certificate.signatureAlgorithm = certificate.signature
  certificate.tbsView = new Uint8Array(certificate.encodeTBS().toBER())
  const signature = sign('sha256', certificate.tbsView, privateKey)
  certificate.signatureValue = new BitString({ valueHex: exact(signature) })
  return new X509Certificate(Buffer.from(certificate.toSchema(true).toBER())).toString()
}

function extensions(): Extension[] {
  const usage = new BitString({ valueHex: exact(KEY_USAGE), unusedBits: 6 }).toBER()
  const constraints = new BasicConstraints({ cA: false }).toSchema().toBER()
  return [
    new Extension({ extnID: OID.basicConstraints, critical: true, extnValue: constraints }),
    new Extension({ extnID: OID.keyUsage, critical: true, extnValue: usage }),
  ]
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
