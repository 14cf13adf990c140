/** @module Named keys of the home, each in its own file that only its owner reads. Made when first needed, never shipped. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { getAddress, Wallet } from 'ethers'
import { type Address, type Hex, parseAddress } from '../../domain/bytes.ts'
import { CliError, usage } from '../errors.ts'
import { writeWhole } from './files.ts'
import type { Home } from './home.ts'

export interface NamedKey {
  name: string
  address: Address
  key: Hex
}

const fileOf = (home: Home, name: string): string => home.path('keys', `${name}.key`)

/** Returns the key, or undefined when the home has none of that name. */
export function findKey(home: Home, name: string): NamedKey | undefined {
  const path = fileOf(home, checkName(name))
  return existsSync(path) ? readKeyFile(path, name) : undefined
}

/** Makes a key. Throws KEY_EXISTS. */
export function newKey(home: Home, name: string): NamedKey {
  const path = fileOf(home, checkName(name))
  if (existsSync(path)) throw new CliError('KEY_EXISTS', `The home already has a key ${name}. Choose another name.`)
  const wallet = Wallet.createRandom()
  writeWhole(path, `${wallet.privateKey}\n`)
  return { name, address: wallet.address.toLowerCase() as Address, key: wallet.privateKey as Hex }
}

export const findOrMakeKey = (home: Home, name: string): NamedKey => findKey(home, name) ?? newKey(home, name)

export function listKeys(home: Home): NamedKey[] {
  const folder = home.path('keys')
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((file) => file.endsWith('.key'))
  return names.sort().map((file) => readKeyFile(home.path('keys', file), file.slice(0, -'.key'.length)))
}

/** Reads a private key from a file. Throws KEY_INVALID. */
export function readKeyFile(path: string, name = path): NamedKey {
  try {
    const wallet = new Wallet(readFileSync(path, 'utf8').trim())
    return { name, address: wallet.address.toLowerCase() as Address, key: wallet.privateKey as Hex }
  } catch (cause) {
    const text = `${path} holds no private key. It should be 0x and 64 hex digits on one line.`
    throw new CliError('KEY_INVALID', text, { cause })
  }
}

/** Returns the address that ACCOUNT names: an address, or a key of the home. Throws ACCOUNT_UNKNOWN. */
export function addressOf(home: Home, account: string): Address {
  const address = parseAddress(account)
  if (address !== undefined) return address
  const key = /^[\w-]+$/.test(account) ? findKey(home, account) : undefined
  if (key !== undefined) return key.address
  const remedy = `Make one with: npx flytrap wallet new ${/^[\w-]+$/.test(account) ? account : 'NAME'}`
  throw new CliError('ACCOUNT_UNKNOWN', `${JSON.stringify(account)} is no address, and no key of this home. ${remedy}`)
}

/** Returns how to show an account: by the home's own name for it, else its address. */
export function createNamer(home: Home): (address: Address) => string {
  const names = new Map(listKeys(home).map(({ name, address }) => [address, name]))
  return (address) => names.get(address) ?? getAddress(address)
}

/** Returns the home's own name with the address behind it, or the address alone. */
export function describeAccount(home: Home, address: Address): string {
  const name = createNamer(home)(address)
  return name === getAddress(address) ? name : `${name} (${getAddress(address)})`
}

function checkName(name: string): string {
  if (!/^[a-z0-9][\w-]{0,39}$/i.test(name)) throw usage('A key’s name has letters, digits, - and _, at most 40.')
  return name
}
