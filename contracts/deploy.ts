/** @module Deploys the contract once, and refuses to work with anything that is not it. */
import { decodeResult, encodeCall, encodeDeployment } from './abi/calls.ts'
import { deployedCode } from './abi/deployed-code.ts'
import type { Rpc } from './rpc/json-rpc.ts'
import { callContract, chainIdOf, createSender } from './rpc/transact.ts'

type Hex = `0x${string}`

export type DeploymentErrorCode = 'WRONG_CHAIN_ID' | 'NO_CODE' | 'FOREIGN_CODE'

export class DeploymentError extends Error {
  override readonly name = 'DeploymentError'
  readonly code: DeploymentErrorCode

  constructor(code: DeploymentErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

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

/** Resolves when the contract at `address` is ours, on the chain that was meant. Rejects DeploymentError. */
export async function assertDeployment(
  rpc: Rpc,
  { chainId, address }: { chainId: bigint; address: Hex },
): Promise<void> {
  const actual = await chainIdOf(rpc)
  if (actual !== chainId) {
    const remedy = 'Point FLYTRAP_RPC_URL at the chain that this home belongs to, or use another FLYTRAP_HOME.'
    throw new DeploymentError('WRONG_CHAIN_ID', `The node is on chain ${actual}, not ${chainId}. ${remedy}`)
  }
  const code = await rpc.request<Hex>('eth_getCode', [address, 'latest'])
  if (code === '0x') {
    const remedy = 'Check FLYTRAP_CONTRACT, or deploy there with: npx flytrap deploy'
    throw new DeploymentError('NO_CODE', `There is no contract at ${address} on chain ${chainId}. ${remedy}`)
  }
  if (code !== deployedCode({ chainId, contract: address })) {
    const remedy = 'Check FLYTRAP_CONTRACT and the version of this program.'
    throw new DeploymentError('FOREIGN_CODE', `The contract at ${address} is not this version of FlyTrap. ${remedy}`)
  }
}

/** Returns the account that owns the contract. */
export async function brokerOwnerOf(rpc: Rpc, address: Hex): Promise<Hex> {
  const data = await callContract(rpc, { to: address, data: encodeCall('owner', []) })
  return decodeResult('owner', data)[0] as Hex
}
