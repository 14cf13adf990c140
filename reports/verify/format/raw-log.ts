/** @module A bundled log as the ABI's decoder takes it. Pure. */
import { type ContractEvent, decodeLog } from '../../../contracts/abi/events.ts'
import type { Address } from '../../../domain/bytes.ts'
import type { BundleLog } from './bundle.ts'

/** Returns the event, or undefined when the log is not one of the contract's. */
export function decodeBundleLog(log: BundleLog, contract: Address): ContractEvent | undefined {
  return decodeLog({
    ...log,
    address: contract,
    blockNumber: `0x${log.blockNumber.toString(16)}`,
    transactionIndex: `0x${log.transactionIndex.toString(16)}`,
    logIndex: `0x${log.logIndex.toString(16)}`,
  })
}
