/** @module For whom a report is made, where that is not its operator. */
import type { SequencedRecord } from '../../domain/access-record.ts'
import type { Address } from '../../domain/bytes.ts'
import type { TopicFilter } from '../../domain/topic-filter.ts'

export interface Viewer {
  account: Address
  /**
   * Resolves with whether the account may see the record's evidence now. `record` is as it was decided, `isSealed` whether the
   * chain shows that; `filter` is its topic's, where it names one.
   */
  mayOpen(record: SequencedRecord, filter: TopicFilter | undefined, isSealed: boolean): Promise<boolean>
}
