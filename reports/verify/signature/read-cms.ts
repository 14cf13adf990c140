/** @module The CMS of a signature, taken apart strictly: one signer, one certificate, the attributes of PAdES B-B and no others. */
import { X509Certificate } from 'node:crypto'
import { fromBER, OctetString, type Sequence } from 'asn1js'
import { type Attribute, Certificate, ContentInfo, SignedData } from 'pkijs'

export interface Cms {
  certificate: X509Certificate
  messageDigest: Buffer
  /** The hash of the signing certificate in ESS signing-certificate-v2; undefined when the attribute is not there. */
  essHash: Buffer | undefined
  /** The signed attributes' DER as a SET: what the signature is over. */
  signedBytes: Buffer
  signature: Buffer
}

const OID = {
  data: '1.2.840.113549.1.7.1',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  sha256: '2.16.840.1.101.3.4.2.1',
}
const SIGNATURE_ALGORITHMS: Record<string, string> = {
  ec: '1.2.840.10045.4.3.2',
  rsa: '1.2.840.113549.1.1.11',
}

/** Returns the parts, or in words what PAdES B-B forbids in them. */
export function readCms(der: Uint8Array): Cms | string {
  try {
    return takeApart(der)
  } catch {
    return 'The signature is no CMS that can be read.'
  }
}

function takeApart(der: Uint8Array): Cms | string {
  const contentInfo = ContentInfo.fromBER(exact(der))
  const signed = new SignedData({ schema: contentInfo.content })
  // Bytes that a parser passes over would be bytes that nobody signed.
  if (!Buffer.from(encodeAgain(signed)).equals(der)) return 'The CMS is not in its one canonical form.'
  const [signerInfo, ...others] = signed.signerInfos
  const certificates = signed.certificates ?? []
  if (signerInfo === undefined || others.length > 0 || certificates.length !== 1) {
    return 'The CMS does not have exactly one signer and one certificate.'
  }
  const [embedded] = certificates
  if (!(embedded instanceof Certificate)) return 'The CMS carries no X.509 certificate.'
  const attributes = signerInfo.signedAttrs?.attributes ?? []
  const certificate = new X509Certificate(Buffer.from(embedded.toSchema().toBER()))
  const algorithm = SIGNATURE_ALGORITHMS[certificate.publicKey.asymmetricKeyType ?? '']
  const isForm =
    signed.version === 1 &&
    signerInfo.version === 1 &&
    signed.encapContentInfo.eContentType === OID.data &&
    signed.digestAlgorithms.length === 1 &&
    signed.digestAlgorithms[0]?.algorithmId === OID.sha256 &&
    signerInfo.digestAlgorithm.algorithmId === OID.sha256 &&
    signerInfo.signatureAlgorithm.algorithmId === algorithm &&
    signerInfo.unsignedAttrs === undefined &&
    sameSigner(signerInfo.sid, embedded)
  const types = attributes.map(({ type }) => type).sort()
  const isAttributes = types.join() === [OID.contentType, OID.messageDigest, OID.signingCertificateV2].sort().join()
  if (!isForm) return 'The CMS names other versions, algorithms or another certificate than PAdES B-B with SHA-256.'
  if (!isAttributes) {
    return 'The signed attributes are not content type, message digest and signing-certificate-v2; PAdES B-B has no others here.'
  }
  return {
    certificate,
    messageDigest: octets(attributes, OID.messageDigest),
    essHash: essHash(attributes),
    signedBytes: asSet(signerInfo.signedAttrs!.encodedValue),
    signature: Buffer.from(signerInfo.signature.getValue()),
  }
}

function encodeAgain(signed: SignedData): ArrayBuffer {
  const content = signed.toSchema()
  return new ContentInfo({ contentType: ContentInfo.SIGNED_DATA, content }).toSchema().toBER()
}

function sameSigner(sid: { toSchema(): Sequence }, certificate: Certificate): boolean {
  const named = Buffer.from(sid.toSchema().toBER())
  const expected = Buffer.concat([
    Buffer.from(certificate.issuer.toSchema().toBER()),
    Buffer.from(certificate.serialNumber.toBER()),
  ])
  return named.subarray(-expected.length).equals(expected)
}

function octets(attributes: readonly Attribute[], type: string): Buffer {
  const value = attributes.find((attribute) => attribute.type === type)?.values[0]
  return value instanceof OctetString ? Buffer.from(value.getValue()) : Buffer.alloc(0)
}

/** SigningCertificateV2 { certs { ESSCertIDv2 { certHash } } }, SHA-256 by default (RFC 5035 section 3). */
function essHash(attributes: readonly Attribute[]): Buffer | undefined {
  let value = attributes.find(({ type }) => type === OID.signingCertificateV2)?.values[0] as Sequence | undefined
  for (let depth = 0; depth < 3; depth++) {
    const inner: unknown = value?.valueBlock.value[0]
    if (inner instanceof OctetString) return Buffer.from(inner.getValue())
    value = inner as Sequence | undefined
  }
  return undefined
}

/** Inside the CMS the attributes bear an implicit tag; signed is the plain SET (RFC 5652 section 5.4). */
function asSet(encoded: ArrayBuffer): Buffer {
  const bytes = Buffer.from(encoded)
  bytes[0] = 0x31
  return bytes
}

/** Returns the length of the DER value at the start of `bytes`: what follows is padding. */
export function derLength(bytes: Uint8Array): number {
  const { offset } = fromBER(exact(bytes))
  return offset < 0 ? 0 : offset
}

const exact = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer
