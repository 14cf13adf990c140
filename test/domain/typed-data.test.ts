import { Signature, TypedDataEncoder, Wallet } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Hex, toHex } from '../../domain/bytes.ts'
import {
  encodeChallenge,
  encodeChallengeAnswer,
  encodeCredential,
  parseChallenge,
  parseChallengeAnswer,
  parseCredential,
} from '../../domain/login-bytes.ts'
import type { Receipt } from '../../domain/receipt.ts'
import {
  type Credential,
  type CredentialRevocation,
  credentialDigest,
  credentialRevocationDigest,
  type Deployment,
  type DeviceAuthorization,
  deviceAuthorizationDigest,
  domainOf,
  type Login,
  loginDigest,
  type Registration,
  receiptDigest,
  registrationDigest,
  TYPED_DATA,
} from '../../domain/typed-data.ts'

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b): Hex => toHex(b))
const seconds = fc.integer({ min: 0, max: 2 ** 40 - 1 })
const deployments: fc.Arbitrary<Deployment> = fc.record({ chainId: fc.bigInt(1n, 2n ** 64n), contract: hex(20) })
const credentials: fc.Arbitrary<Credential> = fc.record({
  wallet: hex(20),
  clientId: fc.string({ unit: 'grapheme' }),
  notBefore: seconds,
  expiresAt: seconds,
  id: hex(16),
})
const logins: fc.Arbitrary<Login> = fc.record({
  wallet: hex(20),
  clientId: fc.string({ unit: 'grapheme' }),
  audience: fc.domain(),
  nonce: hex(32),
  expiresAt: seconds,
})

const registrations: fc.Arbitrary<Registration> = fc.record({
  filter: fc.string({ unit: 'grapheme' }),
  owner: hex(20),
  deadline: seconds,
})
const authorizations: fc.Arbitrary<DeviceAuthorization> = fc.record({
  owner: hex(20),
  device: hex(20),
  until: seconds,
  nonce: fc.nat(),
  deadline: seconds,
})
const revocations: fc.Arbitrary<CredentialRevocation> = fc.record({
  wallet: hex(20),
  id: hex(16),
  nonce: fc.nat(),
  deadline: seconds,
})
const receipts: fc.Arbitrary<Receipt> = fc.record({
  recorderId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  seq: fc.maxSafeNat(),
  leaf: hex(32),
  anchorBy: seconds,
})
const ethersHash = (deployment: Deployment, name: keyof typeof TYPED_DATA, value: object): string =>
  TypedDataEncoder.hash(domainOf(deployment), { [name]: [...TYPED_DATA[name]] }, value)

describe('typed data', () => {
  test('has the digests that the contract checks for vouchers, device keys and revocations (EIP-712)', () => {
    fc.assert(
      fc.property(deployments, registrations, authorizations, revocations, (d, registration, device, revocation) => {
        expect(toHex(registrationDigest(d, registration))).toBe(ethersHash(d, 'Registration', registration))
        expect(toHex(deviceAuthorizationDigest(d, device))).toBe(ethersHash(d, 'DeviceAuthorization', device))
        expect(toHex(credentialRevocationDigest(d, revocation))).toBe(ethersHash(d, 'CredentialRevocation', revocation))
      }),
      { numRuns: 100 },
    )
  })

  test('has the digest that recorders sign for receipts (EIP-712)', () => {
    fc.assert(
      fc.property(deployments, receipts, (deployment, receipt) => {
        expect(toHex(receiptDigest(deployment, receipt))).toBe(ethersHash(deployment, 'Receipt', receipt))
      }),
      { numRuns: 100 },
    )
  })

  test('has the digests that wallets sign (EIP-712)', () => {
    fc.assert(
      fc.property(deployments, credentials, logins, (deployment, credential, login) => {
        expect(toHex(credentialDigest(deployment, credential))).toBe(ethersHash(deployment, 'Credential', credential))
        expect(toHex(loginDigest(deployment, login))).toBe(ethersHash(deployment, 'Login', login))
      }),
      { numRuns: 100 },
    )
  })
})

describe('a credential', () => {
  const key = new Wallet(`0x${'01'.repeat(32)}`)
  const credential: Credential = {
    wallet: key.address.toLowerCase() as Hex,
    clientId: 'thermostat',
    notBefore: 1_700_000_000,
    expiresAt: 1_702_592_000,
    id: `0x${'ab'.repeat(16)}`,
  }
  const deployment: Deployment = { chainId: 31_337n, contract: `0x${'42'.repeat(20)}` }
  const signature = Signature.from(key.signingKey.sign(credentialDigest(deployment, credential))).serialized as Hex
  const password = encodeCredential(credential, signature)

  test('is a password of 134 characters, and comes back', () => {
    expect(password).toHaveLength(134)
    const { notBefore, expiresAt, id } = credential
    expect(parseCredential(password)).toEqual({ notBefore, expiresAt, id, signature })
  })

  test('has one spelling only, and is refused in any other', () => {
    const spoilt = [
      '',
      'ft1.',
      password.slice(0, -1),
      `${password}=`,
      `${password}A`,
      password.replace('ft1', 'ft2'),
      ` ${password}`,
      `${password.slice(0, -1)}${password.endsWith('w') ? 'x' : 'B'}`,
      `ft1.${'_'.repeat(130)}`,
    ]
    expect(spoilt.map(parseCredential)).toEqual(spoilt.map(() => undefined))
  })
})

describe('a challenge', () => {
  test('and its answer come back as they were', () => {
    fc.assert(
      fc.property(
        hex(32),
        seconds,
        hex(65),
        fc.domain().filter((d) => d.length <= 255),
        (nonce, expiresAt, signature, audience) => {
          expect(parseChallenge(encodeChallenge(nonce, expiresAt))).toEqual({ nonce, expiresAt })
          expect(parseChallengeAnswer(encodeChallengeAnswer(signature, audience))).toEqual({ signature, audience })
        },
      ),
      { numRuns: 100 },
    )
  })

  test('is refused when it is cut, too long or ill-formed', () => {
    expect(parseChallenge(new Uint8Array(39))).toBeUndefined()
    expect(parseChallenge(new Uint8Array(40).fill(0xff))).toBeUndefined()
    expect(parseChallengeAnswer(Uint8Array.of(0))).toBeUndefined()
    expect(parseChallengeAnswer(Uint8Array.of(0, 2, 1))).toBeUndefined()
    expect(parseChallengeAnswer(Uint8Array.of(0, 0, 0xff))).toBeUndefined()
    expect(parseChallengeAnswer(new Uint8Array(2 + 256))).toBeUndefined()
  })

  test('never throws on any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        (bytes) => void [parseChallengeAnswer(bytes), parseChallenge(bytes)],
      ),
    )
  })
})
