/** @module Evidence beyond what the chain holds of a recorder: on its way, or of nobody. */
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import type { Address } from '../../domain/bytes.ts'
import { RecorderState } from '../../domain/enums.ts'
import { readRecorder } from '../recorder/chain-state.ts'
import { type Finding, found, runsOf } from './finding.ts'
import type { EvidenceScan } from './read-evidence.ts'
import type { JournalReader } from './read-journal.ts'
import type { Sequence } from './sequence.ts'

export interface Unbound {
  node: Rpc
  contract: Address
  scan: EvidenceScan
  recorderId: number
  /** What the chain holds; undefined for a recorder that it does not know. */
  sequence: Sequence | undefined
  /** Where it is in this home. */
  journal: JournalReader | undefined
}

const ROWS_AT_ONCE = 1_000

export async function* unboundEvidence(given: Unbound): AsyncGenerator<Finding> {
  const { scan, recorderId, sequence } = given
  for (let fromSeq = sequence?.nextSeq ?? 0; ; ) {
    const rows = await scan.rows(recorderId, { fromSeq, limit: ROWS_AT_ONCE })
    const last = rows.at(-1)?.seq
    if (last === undefined) return
    fromSeq = last + 1
    const isBound = await askWhoHasThem(given)
    for (const run of runsOf(rows.map(({ seq }) => seq).filter((seq) => !isBound(seq))))
      yield found('EVIDENCE_UNBOUND', sequence ?? { recorderId }, run, 'the chain holds no such record')
  }
}

/** Asked after the rows were read: what was copied is in the journal, or on chain since. */
async function askWhoHasThem({ node, contract, sequence, journal }: Unbound) {
  if (sequence === undefined) return () => false
  // What a journal gave out is its own: lost there, or on chain no more, it was told as such.
  const givenOut = journal?.state().nextSeq ?? 1
  const { nextSeq, state } = await readRecorder(node, contract, sequence.recorder)
  // Another home's journal may hold them, as long as its recorder may still send.
  const isElsewhere = journal === undefined && state !== RecorderState.STOPPED
  return (seq: number): boolean => seq < Math.max(nextSeq, givenOut) || isElsewhere
}
