/**
 * @module Evidence: what says more than a pseudonym. It lives off chain, one JSON object a record, bound to the chain
 * by a salted leaf, and is really gone once erased (DESIGN section 4). Pure.
 */
import canonicalize from 'canonicalize'
import {
  type Address,
  type Bytes32,
  concat,
  fromHex,
  type Hex,
  type Sha256,
  sha256,
  toHex,
  uint,
  utf8,
} from './bytes.ts'

export const SALT_BYTES = 64
/** Distinct concrete names that one allowed window may hold before a new one is opened. */
export const MAX_EVIDENCE_NAMES = 64

/** One record's evidence. Every field is there only where it applies; times are in milliseconds UTC. */
export interface Evidence {
  version: 1
  firstMs: number
  lastMs: number
  clientId?: string
  /** The IP address of the device, as text. */
  address?: string
  country?: string
  /** ISO date of the GeoIP database that gave `country`. */
  geoDate?: string
  /** The protocol level of CONNECT: 4 is 3.1.1, 5 is 5. */
  mqttVersion?: 4 | 5
  /** The device key that signed, when it is not the owner wallet. */
  device?: Address
  /** How many packets at QoS 0, 1 and 2. */
  qos?: [number, number, number]
  /** Payload bytes in sum. */
  bytes?: number
  /**
   * Concrete names (PUBLISH, DELIVER), requested filters (SUBSCRIBE) or, of a DISCLOSE, the records whose evidence was
   * shown (`1:17-80`: recorder 1, sequences 17 to 80), with their counts.
   */
  names?: { name: string; count: number }[]
  /** Denied accesses only: how many came under names that were not kept. */
  unnamed?: number
  /** Sequence of the CONNECT or AUTHENTICATE record that stands behind this one. */
  behind?: number
  /** The block whose state decided. */
  block?: { number: number; hash: Bytes32 }
  /** Sequence of the POLICY record in force. */
  policy?: number
  /** CONNECT and AUTHENTICATE only: what was signed, so that anyone can recover the signer. */
  proof?: LoginProof | CredentialProof | CertificateProof
  /** POLICY only: the canonical rules. */
  rules?: unknown
  /** DISCLOSE only: what entitled the viewer. */
  role?: 'AUDITOR' | 'TOPIC_OWNER' | 'SUBJECT'
  /** ERASE only: SHA-256 of the order's random id and its scope, so that who holds the order can show that it was recorded. */
  request?: Bytes32
  /** Of a sealed record: what a public one shows on chain. */
  sealed?: SealedFacts
}

export interface SealedFacts {
  action: number
  denialReason: number
  countIsLowerBound: boolean
  account: Address
  topicId: Bytes32
  grantId: number
  /** Unix seconds. */
  firstAt: number
  span: number
  count: number
}

export interface LoginProof {
  kind: 'login'
  wallet: Address
  clientId: string
  audience: string
  nonce: Bytes32
  /** Unix seconds. */
  expiresAt: number
  signature: Hex
}

export interface CredentialProof {
  kind: 'credential'
  wallet: Address
  clientId: string
  /** Unix seconds. */
  notBefore: number
  expiresAt: number
  id: Hex
  signature: Hex
}

/** TLS proved the key to the proxy alone: no later reader can recover it. Whose key it is stands on chain. */
export interface CertificateProof {
  kind: 'certificate'
  wallet: Address
  clientId: string
  device: Address
}

/** Where a leaf stands: no leaf can be moved to another deployment, recorder or sequence. */
export interface LeafPlace {
  contract: Address
  chainId: bigint
  recorderId: number
  seq: bigint
}

const LEAF = Uint8Array.of(0x00)
const PURPOSE = Uint8Array.of(0x02)

/** Returns the RFC 8785 text of `value`. Throws TypeError for what JSON cannot say. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('value has no JSON form')
  return text
}

/**
 * Returns SHA-256(0x00 || contract 20 || chainId u256 || recorderId u32 || seq u64 || salt 64 || JCS). The salt is
 * longer than the digest: once salt and text are gone the leaf says nothing, even to unlimited computing power.
 */
export function leafHash(place: LeafPlace, salt: Uint8Array, evidence: string, hash: Sha256 = sha256): Uint8Array {
  if (salt.length !== SALT_BYTES) throw new RangeError(`a salt has ${SALT_BYTES} bytes, not ${salt.length}`)
  const where = concat(fromHex(place.contract), uint(place.chainId, 32), uint(place.recorderId, 4), uint(place.seq, 8))
  return hash(concat(LEAF, where, salt, utf8(evidence)))
}

/** Returns SHA-256(0x02 || salt 32 || JCS({lang, text})), the commitment that a grant carries. */
export function purposeHash(salt: Uint8Array, purpose: { lang: string; text: string }): Uint8Array {
  if (salt.length !== 32) throw new RangeError(`a purpose's salt has 32 bytes, not ${salt.length}`)
  return sha256(concat(PURPOSE, salt, utf8(canonicalJson({ lang: purpose.lang, text: purpose.text }))))
}

/**
 * Returns under what a purpose's words are kept: SHA-256("flytrap-purpose" || topicId 32 || grantee 20 || commitment 32). A
 * commitment alone is public, and anybody can put it on a grant of his own: that must open and erase nothing of others.
 */
export function purposeKey(grant: { topicId: Bytes32; account: Address; purpose: Bytes32 }): Bytes32 {
  const { topicId, account, purpose } = grant
  return toHex(sha256(concat(utf8('flytrap-purpose'), fromHex(topicId), fromHex(account), fromHex(purpose))))
}
