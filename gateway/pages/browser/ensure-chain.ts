/** @module Brings the wallet to the contract's chain: switched by EIP-3326, made known by EIP-3085 where it is not. */
import { type Rpc, RpcError } from '../../../contracts/rpc/json-rpc.ts'
import type { Place } from './place.ts'
import { Trouble } from './trouble.ts'
import { DECLINED } from './wallet-rpc.ts'

const UNKNOWN_CHAIN = 4902

export const chainOf = async (rpc: Rpc): Promise<bigint> => BigInt(await rpc.request<string>('eth_chainId'))

/** Rejects Trouble with what the person can do. */
export async function ensureChain(rpc: Rpc, place: Place): Promise<void> {
  if ((await chainOf(rpc)) === place.chainId) return
  await change(rpc, place)
  if ((await chainOf(rpc)) !== place.chainId) throw byHand(place, 'The wallet stayed on another chain.')
}

async function change(rpc: Rpc, place: Place): Promise<void> {
  const chainId = `0x${place.chainId.toString(16)}`
  try {
    await rpc.request('wallet_switchEthereumChain', [{ chainId }])
  } catch (error) {
    const isUnknown =
      error instanceof RpcError && (error.rpcCode === UNKNOWN_CHAIN || /unrecogni[sz]ed chain/i.test(error.reason))
    if (!isUnknown) throw refusal(error, place)
    if (place.rpcUrl === undefined) throw byHand(place, `The wallet does not know chain ${place.chainId}.`)
    await add(rpc, { ...place, rpcUrl: place.rpcUrl }, chainId)
  }
}

async function add(rpc: Rpc, place: Place & { rpcUrl: string }, chainId: string): Promise<void> {
  const nativeCurrency = { name: 'Ether', symbol: 'ETH', decimals: 18 }
  const chain = { chainId, chainName: `FlyTrap chain ${place.chainId}`, nativeCurrency, rpcUrls: [place.rpcUrl] }
  try {
    await rpc.request('wallet_addEthereumChain', [chain])
    if ((await chainOf(rpc)) !== place.chainId) await rpc.request('wallet_switchEthereumChain', [{ chainId }])
  } catch (error) {
    throw refusal(error, place)
  }
}

function refusal(error: unknown, place: Place): Trouble {
  if (error instanceof RpcError && error.rpcCode === DECLINED)
    return new Trouble(
      `You declined the change of chain. This contract is on chain ${place.chainId}: connect again and agree.`,
    )
  return byHand(
    place,
    `The wallet did not change its chain (${error instanceof Error ? error.message : 'no reason given'}).`,
  )
}

function byHand({ chainId, rpcUrl }: Place, what: string): Trouble {
  const node = rpcUrl === undefined ? 'Ask the operator for the address of a node' : `Its node is ${rpcUrl}`
  return new Trouble(
    `${what} Add or choose chain ${chainId} in the wallet’s own settings, then connect again. ${node}.`,
  )
}
