/**
 * @module What wallets sign: EIP-712 typed data, bound to the deployment and the client id (DESIGN section 5). The
 * digests are made by hand from EIP-712's formulas, since a login must cost microseconds; vectors hold them equal to
 * ethers'. Pure.
 */

import { type Address, type Bytes32, concat, fromHex, type Hex, keccak256, uint, utf8 } from './bytes.ts'
import type { Receipt } from './receipt.ts'

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
  Receipt: [
    { name: 'recorderId', type: 'uint32' },
    { name: 'seq', type: 'uint64' },
    { name: 'leaf', type: 'bytes32' },
    { name: 'anchorBy', type: 'uint40' },
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

/** Returns the 32 bytes that a recorder signs for a Receipt. */
export function receiptDigest(deployment: Deployment, { recorderId, seq, leaf, anchorBy }: Receipt): Uint8Array {
  return digest(deployment, RECEIPT, uint(recorderId, 32), uint(seq, 32), fromHex(leaf), uint(anchorBy, 32))
}

const hashText = (text: string): Uint8Array => keccak256(utf8(text))
const padded = (address: Address): Uint8Array => concat(new Uint8Array(12), fromHex(address))
const typeHash = (name: keyof typeof TYPED_DATA): Uint8Array =>
  hashText(`${name}(${TYPED_DATA[name].map((field) => `${field.type} ${field.name}`).join(',')})`)
const LOGIN = typeHash('Login')
const CREDENTIAL = typeHash('Credential')
const REGISTRATION = typeHash('Registration')
const DEVICE_AUTHORIZATION = typeHash('DeviceAuthorization')
const CREDENTIAL_REVOCATION = typeHash('CredentialRevocation')
const RECEIPT = typeHash('Receipt')
const DOMAIN = hashText('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)')
const [NAME, VERSION] = [hashText('FlyTrap'), hashText('1')]

function digest(deployment: Deployment, ...struct: Uint8Array[]): Uint8Array {
  const separator = concat(DOMAIN, NAME, VERSION, uint(deployment.chainId, 32), padded(deployment.contract))
  return keccak256(concat(Uint8Array.of(0x19, 0x01), keccak256(separator), keccak256(concat(...struct))))
}
