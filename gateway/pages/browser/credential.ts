/**
 * @module A device's user name and password, made in the browser: signed by the wallet, or by a device key that is made
 * here. Keys and passwords exist in this page alone until the person saves them.
 */
import { getAddress, recoverAddress, Signature, SigningKey } from 'ethers'
import { type Address, type Hex, toHex, utf8 } from '../../../domain/bytes.ts'
import { encodeCredential } from '../../../domain/login-bytes.ts'
import { type Credential, credentialDigest, domainOf, TYPED_DATA } from '../../../domain/typed-data.ts'
import type { Session } from './session.ts'
import { Trouble } from './trouble.ts'

/** For slow clocks: a credential counts a little before it was made. */
const BACKDATED = 300
export const MAX_DAYS = 90

export interface DeviceKey {
  /** Never leaves this page but by the person's own download. */
  privateKey: Hex
  address: Address
}

export interface MadeCredential {
  username: string
  password: string
  clientId: string
  /** Unix seconds. */
  expiresAt: number
  /** What ends it before its time. */
  id: Hex
}

export function makeDeviceKey(): DeviceKey {
  const privateKey = toHex(crypto.getRandomValues(new Uint8Array(32)))
  const address = recoverAddress(`0x${'11'.repeat(32)}`, new SigningKey(privateKey).sign(`0x${'11'.repeat(32)}`))
  return { privateKey, address: address.toLowerCase() as Address }
}

/** Throws Trouble. */
export function checkClientId(clientId: string): string {
  const isPlain = clientId !== '' && !/\p{Cc}/u.test(clientId) && utf8(clientId).length <= 256
  if (!isPlain)
    throw new Trouble('A client id has 1 to 256 bytes, without control characters: what the device calls itself.')
  return clientId
}

/** Signed by `key`, or by the wallet. Rejects Trouble or RpcError. */
export async function makeCredential(
  session: Session,
  { clientId, days, key }: { clientId: string; days: number; key?: DeviceKey | undefined },
): Promise<MadeCredential> {
  const { place, account } = session
  const now = Math.floor(Date.now() / 1_000)
  const id = toHex(crypto.getRandomValues(new Uint8Array(16)))
  const times = { notBefore: now - BACKDATED, expiresAt: now + days * 86_400 }
  const credential: Credential = { wallet: account, clientId, ...times, id }
  const digest = credentialDigest(place, credential)
  const signature =
    key === undefined ? await signByWallet(session, credential) : new SigningKey(key.privateKey).sign(digest)
  const signer = recoverAddress(digest, signature).toLowerCase()
  if (signer !== (key?.address ?? account))
    throw new Trouble(
      'The wallet’s signature is not by the key of this account, as contract accounts do it. Choose “a new device key” instead.',
    )
  const password = encodeCredential(credential, Signature.from(signature).serialized as Hex)
  return { username: getAddress(account), password, clientId, expiresAt: times.expiresAt, id }
}

/** EIP-712, as wallets show it. */
async function signByWallet({ rpc, place, account }: Session, credential: Credential): Promise<Signature> {
  const { chainId, ...domain } = domainOf(place)
  const { notBefore, expiresAt, ...rest } = credential
  const EIP712Domain = [
    { name: 'name', type: 'string' },
    { name: 'version', type: 'string' },
    { name: 'chainId', type: 'uint256' },
    { name: 'verifyingContract', type: 'address' },
  ]
  const typed = {
    types: { EIP712Domain, Credential: TYPED_DATA.Credential },
    primaryType: 'Credential',
    domain: { ...domain, chainId: Number(chainId) },
    message: { ...rest, notBefore: String(notBefore), expiresAt: String(expiresAt) },
  }
  const text = await rpc.request<string>('eth_signTypedData_v4', [account, JSON.stringify(typed)])
  try {
    return Signature.from(text)
  } catch {
    throw new Trouble('The wallet gave no plain signature, as contract accounts do. Choose “a new device key” instead.')
  }
}
