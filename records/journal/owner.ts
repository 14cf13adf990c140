/** @module What one journal belongs to, for life: one recorder of one deployment. */
import type { Address } from '../../domain/bytes.ts'
import type { Deployment } from '../../domain/typed-data.ts'
import { RecordsError } from '../port.ts'

export interface JournalOwner {
  deployment: Deployment
  recorder: Address
  recorderId: number
}

export const nameOf = ({ deployment, recorder, recorderId }: JournalOwner): string =>
  `${deployment.chainId}/${deployment.contract}/${recorder}/${recorderId}`

export function foreign(path: string, actual: string, expected: string): RecordsError {
  const remedy = 'Give this recorder its own journal, or restore the one that belongs to it: nothing was changed.'
  return new RecordsError('JOURNAL_FOREIGN', `${path} belongs to ${actual}, not to ${expected}. ${remedy}`)
}
