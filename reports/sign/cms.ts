/**
 * @module The CMS of a PAdES baseline B-B signature (ETSI EN 319 142-1): content type, message digest and
 * signing-certificate-v2; no signing-time attribute, which the baseline forbids.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { type BaseBlock, Set as DerSet, fromBER, Null, ObjectIdentifier, OctetString, Sequence } from 'asn1js'
import {
  AlgorithmIdentifier,
  Attribute,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
} from 'pkijs'
import type { Signer } from './signer.ts'

const OID = {
  data: '1.2.840.113549.1.7.1',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  sha256: '2.16.840.1.101.3.4.2.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  rsaWithSha256: '1.2.840.113549.1.1.11',
}

/** Resolves with the DER of the detached signature over `data`. */
export async function signCms(data: Uint8Array, signer: Signer): Promise<Uint8Array> {
  const certificate = new Certificate({ schema: fromBER(exact(signer.certificate)).result })
  const attributes = signedAttributes(data, signer.certificate)
  const signature = await signer.sign(new Uint8Array(new DerSet({ value: attributes.map(schemaOf) }).toBER()))
  const signerInfo = new SignerInfo({
    version: 1,
    sid: new IssuerAndSerialNumber({ issuer: certificate.issuer, serialNumber: certificate.serialNumber }),
    digestAlgorithm: new AlgorithmIdentifier({ algorithmId: OID.sha256 }),
    signatureAlgorithm: signatureAlgorithm(signer.certificate),
    signature: new OctetString({ valueHex: exact(signature) }),
    signedAttrs: new SignedAndUnsignedAttributes({ type: 0, attributes }),
  })
  const content = new SignedData({
    version: 1,
    digestAlgorithms: [new AlgorithmIdentifier({ algorithmId: OID.sha256 })],
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: OID.data }),
    certificates: [certificate],
    signerInfos: [signerInfo],
  }).toSchema(true)
  return new Uint8Array(new ContentInfo({ contentType: ContentInfo.SIGNED_DATA, content }).toSchema().toBER())
}

/** In DER's order of a SET OF, so that the signed bytes are those that a verifier rebuilds. */
function signedAttributes(data: Uint8Array, certificate: Uint8Array): Attribute[] {
  // SigningCertificateV2 { certs { ESSCertIDv2 { certHash } } }; SHA-256 is its default (RFC 5035 section 3).
  const certHash = new OctetString({ valueHex: sha256(certificate) })
  const essCertificate = sequence(sequence(sequence(certHash)))
  return [
    new Attribute({ type: OID.contentType, values: [new ObjectIdentifier({ value: OID.data })] }),
    new Attribute({ type: OID.messageDigest, values: [new OctetString({ valueHex: sha256(data) })] }),
    new Attribute({ type: OID.signingCertificateV2, values: [essCertificate] }),
  ].sort((a, b) => Buffer.compare(Buffer.from(schemaOf(a).toBER()), Buffer.from(schemaOf(b).toBER())))
}

function signatureAlgorithm(certificate: Uint8Array): AlgorithmIdentifier {
  const isEc = new X509Certificate(certificate).publicKey.asymmetricKeyType === 'ec'
  if (isEc) return new AlgorithmIdentifier({ algorithmId: OID.ecdsaWithSha256 })
  return new AlgorithmIdentifier({ algorithmId: OID.rsaWithSha256, algorithmParams: new Null() })
}

const schemaOf = (attribute: Attribute): Sequence => attribute.toSchema()
const sequence = (value: BaseBlock): Sequence => new Sequence({ value: [value] })
const sha256 = (bytes: Uint8Array): ArrayBuffer => exact(createHash('sha256').update(bytes).digest())
const exact = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer
