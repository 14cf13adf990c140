/**
 * @module Whose evidence a store holds. Its rows are known by recorder and sequence alone: two contracts in one store
 * would take each other's for their own. Pure.
 */
import type { Deployment } from '../../domain/typed-data.ts'
import { RecordsError } from '../port.ts'

export type StoreOwner = Deployment

export const OWNER = 'owner'

export const ownerRow = ({ chainId, contract }: StoreOwner) => ({ key: OWNER, value: `${chainId}/${contract}` })

export function foreignStore(where: string, found: string | undefined, owner: StoreOwner): RecordsError {
  const remedy = 'Give each contract an evidence store of its own: nothing was changed.'
  return new RecordsError(
    'STORE_FOREIGN',
    `The evidence store ${where} belongs to ${found}, not to ${ownerRow(owner).value}. ${remedy}`,
  )
}
