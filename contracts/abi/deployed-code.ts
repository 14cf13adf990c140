/**
 * @module The code that FlyTrap has once deployed. Its immutables are OpenZeppelin's EIP712 domain, which follows from
 * chain id and address alone, so anyone can tell the real contract byte for byte without trusting a compiler service. Pure.
 */
import { AbiCoder, concat, encodeBytes32String, keccak256, toUtf8Bytes, zeroPadValue } from 'ethers'
import FLYTRAP from './FlyTrap.json' with { type: 'json' }

type Hex = `0x${string}`

const DOMAIN = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'
const [NAME, VERSION] = ['FlyTrap', '1']

/** Returns the runtime code at `contract` on the chain, as `eth_getCode` gives it. */
export function deployedCode({ chainId, contract }: { chainId: bigint; contract: Hex }): Hex {
  const code = Buffer.from(FLYTRAP.deployedBytecode.slice(2), 'hex')
  const values = immutablesOf(chainId, contract)
  for (const { name, start, length } of FLYTRAP.immutables) {
    const value = values[name]
    if (value === undefined) throw new RangeError(`the contract has an unknown immutable ${name}`)
    code.write(value.slice(2), start, length, 'hex')
  }
  return `0x${code.toString('hex')}`
}

function immutablesOf(chainId: bigint, contract: Hex): Record<string, string> {
  const abi = AbiCoder.defaultAbiCoder()
  const [hashedName, hashedVersion] = [keccak256(toUtf8Bytes(NAME)), keccak256(toUtf8Bytes(VERSION))]
  const types = ['bytes32', 'bytes32', 'bytes32', 'uint256', 'address']
  const domain = [keccak256(toUtf8Bytes(DOMAIN)), hashedName, hashedVersion, chainId, contract]
  return {
    _cachedDomainSeparator: keccak256(abi.encode(types, domain)),
    _cachedChainId: abi.encode(['uint256'], [chainId]),
    _cachedThis: zeroPadValue(contract, 32),
    _hashedName: hashedName,
    _hashedVersion: hashedVersion,
    _name: shortString(NAME),
    _version: shortString(VERSION),
  }
}

/** OpenZeppelin's ShortString: the text, and its length in the last byte. */
function shortString(text: string): string {
  const padded = encodeBytes32String(text).slice(0, -2)
  return concat([padded, `0x${text.length.toString(16).padStart(2, '0')}`])
}
