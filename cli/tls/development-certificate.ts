/**
 * @module TLS for a machine's own devices: an authority of this home that can speak for this machine alone, and a
 * server certificate under it, renewed while the authority, which clients name as their CA file, stays the same.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { BitString, OctetString } from 'asn1js'
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  GeneralSubtree,
  NameConstraints,
} from 'pkijs'
import { issueCertificate } from '../../reports/sign/issue-certificate.ts'
import { writeWhole } from '../home/files.ts'

export interface DevelopmentCertificate {
  certFile: string
  keyFile: string
  /** What clients name: `mosquitto_pub --cafile`. */
  caFile: string
}

const DAY = 86_400
const AUTHORITY_DAYS = 3_650
const SERVER_DAYS = 90
/** With less than this left, the next look makes a new one. */
const RENEW_DAYS = 30
/** For clients whose clock is behind. */
const BACKDATED = 3_600
const AUTHORITY = 'FlyTrap development authority of one home'

const OID = {
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
  subjectAltName: '2.5.29.17',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
}

/** Makes what is missing, broken or near its end in `dir`. `now` is in Unix seconds. */
export function ensureDevelopmentCertificate(
  dir: string,
  now = Math.floor(Date.now() / 1_000),
): DevelopmentCertificate {
  const files = { certFile: `${dir}/server.pem`, keyFile: `${dir}/server.key`, caFile: `${dir}/ca.pem` }
  const authorityKey = `${dir}/ca.key`
  const authority = { pem: files.caFile, key: authorityKey, days: RENEW_DAYS + SERVER_DAYS }
  const isAuthorityGood = isGood(authority, now)
  if (!isAuthorityGood) makeAuthority(files.caFile, authorityKey, now)
  const server = { pem: files.certFile, key: files.keyFile, days: RENEW_DAYS, issuer: files.caFile }
  if (!isAuthorityGood || !isGood(server, now)) makeServer(files, readFileSync(authorityKey, 'utf8'), now)
  return files
}

interface Judged {
  pem: string
  key: string
  /** That must be left. */
  days: number
  issuer?: string
}

/** Anything that does not hold makes it be made anew: these files are nobody's but ours. */
function isGood({ pem, key, days, issuer }: Judged, now: number): boolean {
  if (!existsSync(pem) || !existsSync(key)) return false
  try {
    const certificate = new X509Certificate(readFileSync(pem))
    const isOwnKey = certificate.checkPrivateKey(createPrivateKey(readFileSync(key)))
    const isIssued = issuer === undefined || certificate.verify(new X509Certificate(readFileSync(issuer)).publicKey)
    return isOwnKey && isIssued && certificate.validToDate.getTime() / 1_000 - now > days * DAY
  } catch {
    return false
  }
}

function makeAuthority(certFile: string, keyFile: string, now: number): void {
  const key = newKey()
  const pem = issueCertificate({
    commonName: AUTHORITY,
    subjectKey: key,
    notBefore: now - BACKDATED,
    notAfter: now + AUTHORITY_DAYS * DAY,
    extensions: [
      extension(OID.basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 })),
      keyUsage(0x06, 1), // keyCertSign, cRLSign
      ...keyIdentifiers(key, key),
      // Whoever trusts it everywhere still trusts it for this machine alone, should its key be stolen.
      extension(OID.nameConstraints, new NameConstraints({ permittedSubtrees: [...ownNames(true)].map(subtree) })),
    ],
  })
  writeWhole(keyFile, key)
  writeWhole(certFile, pem)
}

/** The key first: a crash between the two leaves a pair that does not fit, which the next start makes anew. */
function makeServer({ certFile, keyFile }: DevelopmentCertificate, authorityKey: string, now: number): void {
  const key = newKey()
  const pem = issueCertificate({
    commonName: 'localhost',
    subjectKey: key,
    issuer: { commonName: AUTHORITY, privateKeyPem: authorityKey },
    notBefore: now - BACKDATED,
    notAfter: now + SERVER_DAYS * DAY,
    extensions: [
      extension(OID.basicConstraints, new BasicConstraints({ cA: false })),
      keyUsage(0x80, 7), // digitalSignature
      ...keyIdentifiers(key, authorityKey),
      extension(OID.extKeyUsage, new ExtKeyUsage({ keyPurposes: [OID.serverAuth] }), false),
      extension(OID.subjectAltName, new GeneralNames({ names: [...ownNames(false)] }), false),
    ],
  })
  writeWhole(keyFile, key)
  writeWhole(certFile, pem)
}

const newKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string

/** localhost, 127.0.0.1 and ::1; as networks, each address is followed by its mask (RFC 5280 section 4.2.1.10). */
function* ownNames(asNetworks: boolean): Generator<GeneralName> {
  yield new GeneralName({ type: 2, value: 'localhost' })
  const ipv6 = [...new Uint8Array(15), 1]
  for (const address of [[127, 0, 0, 1], ipv6]) {
    const mask = asNetworks ? new Uint8Array(address.length).fill(0xff) : []
    yield new GeneralName({
      type: 7,
      value: new OctetString({ valueHex: Uint8Array.from([...address, ...mask]).buffer }),
    })
  }
}

const subtree = (base: GeneralName): GeneralSubtree => new GeneralSubtree({ base, minimum: 0 })

const keyUsage = (bits: number, unusedBits: number): Extension => {
  const value = new BitString({ valueHex: Uint8Array.of(bits).buffer, unusedBits })
  return new Extension({ extnID: OID.keyUsage, critical: true, extnValue: value.toBER() })
}

/** Strict clients demand both (RFC 5280 sections 4.2.1.1 and 4.2.1.2). */
function keyIdentifiers(subjectKey: string, issuerKey: string): Extension[] {
  const [subject, issuer] = [subjectKey, issuerKey].map((key) => {
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
    return new OctetString({
      valueHex: new Uint8Array(createHash('sha256').update(spki).digest().subarray(0, 20)).buffer,
    })
  })
  return [
    new Extension({ extnID: OID.subjectKeyIdentifier, extnValue: subject!.toBER() }),
    extension(OID.authorityKeyIdentifier, new AuthorityKeyIdentifier({ keyIdentifier: issuer! }), false),
  ]
}

const extension = (extnID: string, value: { toSchema(): { toBER(): ArrayBuffer } }, critical = true): Extension =>
  new Extension({ extnID, critical, extnValue: value.toSchema().toBER() })
