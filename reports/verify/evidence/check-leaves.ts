/** @module The evidence: every leaf under its batch's root, every opened text under its leaf, and none held back. */
import { fromHex, toHex } from '../../../domain/bytes.ts'
import { leafHash, SALT_BYTES } from '../../../domain/evidence.ts'
import { merkleRoot } from '../../../domain/merkle-tree.ts'
import { candidateRecords } from '../content/candidate-records.ts'
import type { Findings } from '../findings.ts'
import type { Bundle, BundleBatch } from '../format/bundle.ts'
import type { Folded } from './folded.ts'

interface Place {
  bundle: Bundle
  id: number
  batch: BundleBatch
}

export function checkLeaves(bundle: Bundle, folded: Folded, findings: Findings): void {
  const unproven = unprovenProblem(bundle)
  if (unproven !== undefined) findings.failed('leaves', unproven)
  const places = bundle.recorders.flatMap(({ id, batches }) =>
    batches.filter(({ records, count }) => records !== undefined && count > 0).map((batch) => ({ bundle, id, batch })),
  )
  const withLeaves = places.filter(({ batch }) => batch.leaves !== undefined)
  const missing = places.length - withLeaves.length
  if (withLeaves.length === 0 && missing > 0) {
    findings.notChecked('evidence-trees', 'The maker had no evidence of these records.')
    findings.notChecked('leaves', 'The maker had no evidence of these records.')
    return
  }
  const treeless = withLeaves.find((place) => !isTree(place))
  const note = missing === 0 ? '' : ` Of ${missing} more batches the maker had no evidence.`
  findings.check(
    'evidence-trees',
    treeless && `The leaves of batch ${treeless.batch.firstSeq} of R${treeless.id} do not give its root.`,
    `The leaves of ${withLeaves.length} batches give their roots.${note}`,
  )
  checkTexts(bundle, { places: withLeaves, folded }, findings)
}

/** Evidence binds nobody where no leaves lead to the batch's root: names, and all of a sealed record, could be made up. */
function unprovenProblem({ recorders }: Bundle): string | undefined {
  for (const { id, batches } of recorders) {
    const loose = batches.find(({ leaves, evidence = [] }) => leaves === undefined && evidence.length > 0)
    if (loose !== undefined) return `Batch ${loose.firstSeq} of R${id} has evidence without the leaves that prove it.`
  }
  return undefined
}

function isTree({ batch: { leaves = [], count, evidenceRoot } }: Place): boolean {
  return leaves.length === count && toHex(merkleRoot(leaves.map(fromHex))) === evidenceRoot
}

function checkTexts(
  bundle: Bundle,
  { places, folded }: { places: readonly Place[]; folded: Folded },
  findings: Findings,
): void {
  let [open, erased, withheld] = [0, 0, 0]
  for (const place of places) {
    const problem = textProblem(place, folded)
    if (problem !== undefined) return findings.failed('leaves', problem)
    for (const { text, withheld: isWithheld } of place.batch.evidence ?? []) {
      if (text !== undefined) open++
      else if (isWithheld === true) withheld++
      else erased++
    }
  }
  const held = withheld === 0 ? '' : ` ${withheld} are withheld from ${bundle.viewer}, for whom it was made.`
  findings.passed('leaves', `${open} pieces of evidence hash to their leaves; ${erased} are erased.${held}`)
}

function textProblem({ bundle, id, batch }: Place, folded: Folded): string | undefined {
  const entries = batch.evidence ?? []
  const given = new Set(entries.map(({ seq }) => seq))
  // Evidence that the question had to look at and that is not there would be a choice of its maker's.
  const held = candidateRecords(bundle, folded, { id, batch }).find(({ record }) => !given.has(Number(record.seq)))
  if (held !== undefined) return `The evidence of record R${id} #${held.record.seq} is held back.`
  if (given.size !== entries.length) return `Batch ${batch.firstSeq} of R${id} holds evidence twice.`
  for (const { seq, text, salt, withheld } of entries) {
    // Withheld is what its viewer may not see; who made it for himself may see all, and holds it back.
    if (withheld === true && (bundle.viewer === undefined || text !== undefined))
      return `The evidence of record R${id} #${seq} is held back.`
    const leaf = batch.leaves?.[seq - batch.firstSeq]
    if (text === undefined && salt === undefined && leaf !== undefined) continue
    const bytes = salt === undefined ? new Uint8Array() : fromHex(salt)
    if (text === undefined || bytes.length !== SALT_BYTES) return `The evidence of record R${id} #${seq} is not whole.`
    const place = { ...bundle.deployment, chainId: BigInt(bundle.deployment.chainId), recorderId: id, seq: BigInt(seq) }
    if (toHex(leafHash(place, bytes, text)) !== leaf)
      return `The evidence of record R${id} #${seq} is not what was recorded.`
  }
  return undefined
}
