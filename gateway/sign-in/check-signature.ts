/** @module Whether an account signed a text: by its key (EIP-191), else by its contract's word (EIP-1271) at head. */
import { AbiCoder, hashMessage, verifyMessage } from 'ethers'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { type Address, concat, fromHex, toHex } from '../../domain/bytes.ts'
import { askContract } from './ask-contract.ts'

/** bytes4(keccak256("isValidSignature(bytes32,bytes)")): what it is asked by, and what it answers. */
const MAGIC = '0x1626ba7e'
const MAX_SIGNATURE_BYTES = 4_096

/** Resolves with false for any signature that is not the account's. Rejects RpcError when the chain is asked in vain. */
export async function isSignedBy(
  rpc: Rpc,
  { account, text, signature }: { account: Address; text: string; signature: string },
): Promise<boolean> {
  if (!/^0x([0-9a-fA-F]{2})+$/.test(signature) || signature.length > 2 + 2 * MAX_SIGNATURE_BYTES) return false
  // Keys first: an account with both, as EIP-7702 makes them, signs with its key.
  if (signerOf(text, signature) === account) return true
  const code = await rpc.request<string>('eth_getCode', [account, 'latest'])
  if (code === '0x') return false
  const args = AbiCoder.defaultAbiCoder().encode(['bytes32', 'bytes'], [hashMessage(text), signature])
  const data = toHex(concat(fromHex(MAGIC), fromHex(args)))
  const answer = await askContract(rpc, { to: account, data }) // none where it reverted: no
  return answer === `${MAGIC}${'00'.repeat(28)}`
}

/** Refuses high-s signatures: ethers does. */
function signerOf(text: string, signature: string): Address | undefined {
  try {
    return verifyMessage(text, signature).toLowerCase() as Address
  } catch {
    return undefined // no signature of a key
  }
}
