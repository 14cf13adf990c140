/**
 * @module The leaf of one record and its way to the batch's root. A leaf tells nothing of its evidence, so it is for
 * everybody: whoever holds a receipt must be able to see whether it was kept.
 */
import { fromHex, toHex } from '../../domain/bytes.ts'
import { inclusionProof } from '../../domain/merkle-tree.ts'
import { RecordsError } from '../../records/port.ts'
import { refuse } from '../errors.ts'
import type { GatewayContext } from './context.ts'

interface InclusionArgs {
  recorder: bigint
  sequence: bigint
}

/** Throws EVIDENCE_NOT_AVAILABLE: the store cannot be read, which is not the same as "no such record". */
export async function inclusion(_: unknown, { recorder, sequence }: InclusionArgs, context: GatewayContext) {
  const [recorderId, seq] = [Number(recorder), Number(sequence)]
  const { store } = context.recorder
  const leaves = await leavesAround(store, recorderId, seq).catch((error: unknown) => {
    if (!(error instanceof RecordsError)) throw error
    refuse('EVIDENCE_NOT_AVAILABLE', `The evidence store cannot be read now (${error.code}). Ask again soon.`)
  })
  if (leaves === undefined) return null
  const position = seq - leaves.firstSeq
  const hashes = leaves.all.map((leaf) => fromHex(leaf))
  const path = inclusionProof(hashes, position).map((node) => toHex(node))
  return { leaf: leaves.all[position], position, size: hashes.length, path }
}

async function leavesAround(store: GatewayContext['recorder']['store'], recorderId: number, seq: number) {
  const one = await store.one(recorderId, seq)
  if (one === undefined) return undefined
  const rows = await store.batch(recorderId, one.batchFirstSeq)
  // A batch that is not whole has no root.
  if (rows?.length !== one.batchCount) return undefined
  return { firstSeq: one.batchFirstSeq, all: rows.map(({ leaf }) => leaf) }
}
