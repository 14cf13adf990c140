/** @module Where this page's contract is, as the server wrote it into the page. */
import type { Hex } from '../../../domain/bytes.ts'
import type { DevicePlaces } from '../owner-place.ts'

export interface Place {
  chainId: bigint
  contract: Hex
  deployBlock: number
  /** A node that a wallet may be told of; absent where the operator named none. */
  rpcUrl: string | undefined
  devices: DevicePlaces
}

export function readPlace(root: HTMLElement): Place {
  const { chainId = '', contract = '', deployBlock = '', rpcUrl, devices = '{}' } = root.dataset
  return {
    chainId: BigInt(chainId),
    contract: contract as Hex,
    deployBlock: Number(deployBlock),
    rpcUrl,
    devices: JSON.parse(devices) as DevicePlaces,
  }
}
