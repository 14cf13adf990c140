/**
 * @module What wallets sign: EIP-712 typed data, bound to the deployment and the client id (DESIGN section 5). The
 * digests are made by hand from EIP-712's formulas, since a login must cost microseconds; vectors hold them equal to
 * ethers'. Pure.
 */
import { type Address, type Bytes32, concat, fromHex, type Hex, keccak256, toHex, toUint, uint, utf8 } from './bytes.ts'

export interface Deployment {
  chainId: bigint
  contract: Address
}

export interface Login {
  wallet: Address
  clientId: string
  audience: string
  nonce: Bytes32
  /** Unix seconds. */
  expiresAt: number
}

export interface Credential {
  wallet: Address
  clientId: string
  /** Unix seconds. */
  notBefore: number
  /** Unix seconds. */
  expiresAt: number
  /** 16 bytes, random: what `revokeCredential` names. */
  id: Hex
}

/** The broker owner's voucher for a first-level name: what `redeemTopic` takes. */
export interface Registration {
  filter: string
  owner: Address
  /** Unix seconds, inclusive. */
  deadline: number
}

/** What `authorizeDeviceBySig` takes: it uses up the owner's nonce. */
export interface DeviceAuthorization {
  owner: Address
  device: Address
  /** Unix seconds, exclusive; 0 ends it. */
  until: number
  nonce: number
  /** Unix seconds, inclusive. */
  deadline: number
}

/** What `revokeCredentialBySig` takes: it uses up the wallet's nonce. */
export interface CredentialRevocation {
  wallet: Address
  id: Hex
  nonce: number
  /** Unix seconds, inclusive. */
  deadline: number
}

export const AUTHENTICATION_METHOD = 'flytrap-eip712'
/** A nonce serves once, for 30 seconds. */
export const CHALLENGE_SECONDS = 30
/** 90 days, and the 5 minutes that the command sets notBefore back for slow clocks. */
export const MAX_CREDENTIAL_SECONDS = 90 * 86_400 + 300

/** The types as wallets want them (`eth_signTypedData_v4`). */
export const TYPED_DATA = {
  Login: [
    { name: 'wallet', type: 'address' },
    { name: 'clientId', type: 'string' },
    { name: 'audience', type: 'string' },
    { name: 'nonce', type: 'bytes32' },
    { name: 'expiresAt', type: 'uint64' },
  ],
  Credential: [
    { name: 'wallet', type: 'address' },
    { name: 'clientId', type: 'string' },
    { name: 'notBefore', type: 'uint64' },
    { name: 'expiresAt', type: 'uint64' },
    { name: 'id', type: 'bytes16' },
  ],
  Registration: [
    { name: 'filter', type: 'string' },
    { name: 'owner', type: 'address' },
    { name: 'deadline', type: 'uint256' },
  ],
  DeviceAuthorization: [
    { name: 'owner', type: 'address' },
    { name: 'device', type: 'address' },
    { name: 'until', type: 'uint40' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
  CredentialRevocation: [
    { name: 'wallet', type: 'address' },
    { name: 'id', type: 'bytes16' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const

/** Returns the EIP-712 domain as wallets want it. */
export const domainOf = (deployment: Deployment) => ({
  name: 'FlyTrap',
  version: '1',
  chainId: deployment.chainId,
  verifyingContract: deployment.contract,
})

/** Returns the 32 bytes that are signed for a Login. */
export function loginDigest(deployment: Deployment, login: Login): Uint8Array {
  return digest(
    deployment,
    LOGIN,
    padded(login.wallet),
    hashText(login.clientId),
    hashText(login.audience),
    fromHex(login.nonce),
    uint(login.expiresAt, 32),
  )
}

/** Returns the 32 bytes that are signed for a Credential. */
export function credentialDigest(deployment: Deployment, credential: Credential): Uint8Array {
  return digest(
    deployment,
    CREDENTIAL,
    padded(credential.wallet),
    hashText(credential.clientId),
    uint(credential.notBefore, 32),
    uint(credential.expiresAt, 32),
    concat(fromHex(credential.id), new Uint8Array(16)),
  )
}

/** Returns the 32 bytes that are signed for a Registration. */
export function registrationDigest(deployment: Deployment, registration: Registration): Uint8Array {
  const { filter, owner, deadline } = registration
  return digest(deployment, REGISTRATION, hashText(filter), padded(owner), uint(deadline, 32))
}

/** Returns the 32 bytes that are signed for a DeviceAuthorization. */
export function deviceAuthorizationDigest(deployment: Deployment, authorization: DeviceAuthorization): Uint8Array {
  const { owner, device, until, nonce, deadline } = authorization
  const numbers = [until, nonce, deadline].map((value) => uint(value, 32))
  return digest(deployment, DEVICE_AUTHORIZATION, padded(owner), padded(device), ...numbers)
}

/** Returns the 32 bytes that are signed for a CredentialRevocation. */
export function credentialRevocationDigest(deployment: Deployment, revocation: CredentialRevocation): Uint8Array {
  const { wallet, id, nonce, deadline } = revocation
  const paddedId = concat(fromHex(id), new Uint8Array(16))
  return digest(deployment, CREDENTIAL_REVOCATION, padded(wallet), paddedId, uint(nonce, 32), uint(deadline, 32))
}

/** Returns `ft1.` and base64url of notBefore u64, expiresAt u64, id 16, signature 65: the MQTT password. */
export function encodeCredential(credential: Credential, signature: Hex): string {
  const bytes = concat(
    uint(credential.notBefore, 8),
    uint(credential.expiresAt, 8),
    fromHex(credential.id),
    fromHex(signature),
  )
  return (
    PREFIX +
    btoa(String.fromCharCode(...bytes))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '')
  )
}

/** Returns the fields of a password, or undefined when it is not of our form, byte for byte. */
export function parseCredential(
  password: string,
): (Pick<Credential, 'notBefore' | 'expiresAt' | 'id'> & { signature: Hex }) | undefined {
  // 97 bytes are 130 digits; the last one carries two bits, so that only four of them are canonical
  if (!/^ft1\.[A-Za-z0-9_-]{129}[AQgw]$/.test(password)) return undefined
  const text = atob(password.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0))
  const [notBefore, expiresAt] = [toUint(bytes.subarray(0, 8)), toUint(bytes.subarray(8, 16))]
  if (notBefore > MAX_SECONDS || expiresAt > MAX_SECONDS) return undefined
  return {
    notBefore: Number(notBefore),
    expiresAt: Number(expiresAt),
    id: toHex(bytes.subarray(16, 32)),
    signature: toHex(bytes.subarray(32)),
  }
}

/** Returns nonce 32 and expiresAt u64: the Authentication Data of the proxy's AUTH. */
export const encodeChallenge = (nonce: Bytes32, expiresAt: number): Uint8Array =>
  concat(fromHex(nonce), uint(expiresAt, 8))

/** Returns the challenge, or undefined when it has not 40 bytes or a time beyond 2^40. For clients. */
export function parseChallenge(data: Uint8Array): { nonce: Bytes32; expiresAt: number } | undefined {
  if (data.length !== 40) return undefined
  const expiresAt = toUint(data.subarray(32))
  return expiresAt > MAX_SECONDS ? undefined : { nonce: toHex(data.subarray(0, 32)), expiresAt: Number(expiresAt) }
}

/** Returns u16 length, signature, audience: the client's answer. */
export function encodeChallengeAnswer(signature: Hex, audience: string): Uint8Array {
  const bytes = fromHex(signature)
  return concat(uint(bytes.length, 2), bytes, utf8(audience))
}

/** Returns the answer's parts, or undefined when it is malformed. The audience is not judged here. */
export function parseChallengeAnswer(data: Uint8Array): { signature: Hex; audience: string } | undefined {
  if (data.length < 2) return undefined
  const end = 2 + Number(toUint(data.subarray(0, 2)))
  if (end > data.length || data.length - end > 255) return undefined
  try {
    const audience = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data.subarray(end))
    return { signature: toHex(data.subarray(2, end)), audience }
  } catch {
    return undefined // ill-formed UTF-8
  }
}

const PREFIX = 'ft1.'
const MAX_SECONDS = (1n << 40n) - 1n
const hashText = (text: string): Uint8Array => keccak256(utf8(text))
const padded = (address: Address): Uint8Array => concat(new Uint8Array(12), fromHex(address))
const typeHash = (name: keyof typeof TYPED_DATA): Uint8Array =>
  hashText(`${name}(${TYPED_DATA[name].map((field) => `${field.type} ${field.name}`).join(',')})`)
const LOGIN = typeHash('Login')
const CREDENTIAL = typeHash('Credential')
const REGISTRATION = typeHash('Registration')
const DEVICE_AUTHORIZATION = typeHash('DeviceAuthorization')
const CREDENTIAL_REVOCATION = typeHash('CredentialRevocation')
const DOMAIN = hashText('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)')
const [NAME, VERSION] = [hashText('FlyTrap'), hashText('1')]

function digest(deployment: Deployment, ...struct: Uint8Array[]): Uint8Array {
  const separator = concat(DOMAIN, NAME, VERSION, uint(deployment.chainId, 32), padded(deployment.contract))
  return keccak256(concat(Uint8Array.of(0x19, 0x01), keccak256(separator), keccak256(concat(...struct))))
}
