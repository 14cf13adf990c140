/** @module Deploys the contract, and asks who owns it. */
import { decodeResult, encodeCall, encodeDeployment } from './abi/calls.ts'
import type { Rpc } from './rpc/json-rpc.ts'
import { callContract, createSender } from './rpc/transact.ts'

type Hex = `0x${string}`

export interface Deployed {
  address: Hex
  deployBlock: number
  transactionHash: Hex
}

/** Deploys FlyTrap with the key's account as broker owner. Rejects TransactionError or RpcError. */
export async function deployFlyTrap(rpc: Rpc, ownerKey: string): Promise<Deployed> {
  const sender = createSender(rpc, ownerKey)
  const receipt = await sender.send({ data: encodeDeployment(sender.address) })
  if (receipt.contractAddress === null) throw new Error('a deployment was mined without a contract address')
  return {
    address: receipt.contractAddress.toLowerCase() as Hex,
    deployBlock: receipt.blockNumber,
    transactionHash: receipt.transactionHash,
  }
}

/** Returns the account that owns the contract. */
export async function brokerOwnerOf(rpc: Rpc, address: Hex): Promise<Hex> {
  const data = await callContract(rpc, { to: address, data: encodeCall('owner', []) })
  return decodeResult('owner', data)[0] as Hex
}
