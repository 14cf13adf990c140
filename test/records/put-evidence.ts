/** @module A process that opens an evidence store, puts the record of one sequence into it, and ends: STORE SEQ. */
import { openEvidenceStore } from '../../records/store/open-store.ts'

const [path = '', seq = ''] = process.argv.slice(2)
const store = await openEvidenceStore(path, { chainId: 31_337n, contract: `0x${'11'.repeat(20)}` })
const [salt, leaf] = [`0x${'05'.repeat(64)}`, `0x${'01'.repeat(32)}`] as const
await store.put([
  { recorderId: 1, seq: Number(seq), text: '{}', salt, leaf, batchFirstSeq: Number(seq), batchCount: 1 },
])
store.close()
