/** @module Refuses to work with anything that is not the contract, on the chain that was meant. */
import { deployedCode } from '../abi/deployed-code.ts'
import type { Rpc } from './json-rpc.ts'
import { chainIdOf } from './transact.ts'

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

export interface DeploymentPlace {
  chainId: bigint
  address: Hex
}

/** Resolves when the contract at `address` is ours, on the chain that was meant. Rejects DeploymentError. */
export async function assertDeployment(rpc: Rpc, { chainId, address }: DeploymentPlace): Promise<void> {
  const actual = await chainIdOf(rpc)
  if (actual !== chainId) {
    const remedy = 'Point FLYTRAP_RPC_URL at the chain that this home belongs to, or use another FLYTRAP_HOME.'
    throw new DeploymentError('WRONG_CHAIN_ID', `${rpc.name} is on chain ${actual}, not ${chainId}. ${remedy}`)
  }
  const code = await rpc.request<Hex>('eth_getCode', [address, 'latest'])
  if (code === '0x') {
    const remedy = 'Check FLYTRAP_CONTRACT, or deploy there with: npx flytrap deploy'
    throw new DeploymentError('NO_CODE', `${rpc.name} has no contract at ${address} on chain ${chainId}. ${remedy}`)
  }
  if (code !== deployedCode({ chainId, contract: address })) {
    const remedy = 'Check FLYTRAP_CONTRACT and the version of this program.'
    throw new DeploymentError(
      'FOREIGN_CODE',
      `The contract at ${address} (asked of ${rpc.name}) is not this version of FlyTrap. ${remedy}`,
    )
  }
}
