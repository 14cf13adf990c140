/** @module The evidence tree of a batch: RFC 6962 section 2.1 over leaves in sequence order, SHA-256. Pure. */
import { concat, equalBytes, type Sha256, sha256 } from './bytes.ts'

const NODE = Uint8Array.of(0x01)

/** Returns SHA-256(0x01 || left || right). */
export const nodeHash = (left: Uint8Array, right: Uint8Array, hash: Sha256 = sha256): Uint8Array =>
  hash(concat(NODE, left, right))

/** Returns the root over leaf hashes; SHA-256 of nothing for none (RFC 6962 section 2.1). */
export function merkleRoot(leaves: readonly Uint8Array[], hash: Sha256 = sha256): Uint8Array {
  if (leaves.length === 0) return hash(new Uint8Array())
  // A level that ends in a lone node hands it up unchanged: the same tree as RFC 6962's recursive split.
  let level = leaves
  while (level.length > 1) level = parents(level, hash)
  return level[0]!
}

/** Returns the audit path of leaf `index`, from the leaf upward (RFC 6962 section 2.1.1). */
export function inclusionProof(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError(`no leaf ${index}`)
  const path: Uint8Array[] = []
  let level = leaves
  for (let i = index; level.length > 1; i >>= 1, level = parents(level)) {
    const sibling = level[i ^ 1]
    if (sibling !== undefined) path.push(sibling)
  }
  return path
}

/** Returns true when `path` proves `leaf` at `index` of a tree of `size` leaves (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(proof: InclusionProof): boolean {
  const { leaf, index, size, path, root } = proof
  if (!Number.isInteger(index) || !Number.isInteger(size) || index < 0 || index >= size) return false
  let node = leaf
  let used = 0
  for (let i = index, last = size - 1; last > 0; i >>= 1, last >>= 1) {
    if (i % 2 === 0 && i === last) continue
    const sibling = path[used++]
    if (sibling === undefined) return false
    node = i % 2 === 1 ? nodeHash(sibling, node) : nodeHash(node, sibling)
  }
  return used === path.length && equalBytes(node, root)
}

export interface InclusionProof {
  leaf: Uint8Array
  index: number
  size: number
  path: readonly Uint8Array[]
  root: Uint8Array
}

function parents(level: readonly Uint8Array[], hash: Sha256 = sha256): Uint8Array[] {
  const above: Uint8Array[] = []
  for (let i = 0; i < level.length; i += 2) {
    const right = level[i + 1]
    above.push(right === undefined ? level[i]! : nodeHash(level[i]!, right, hash))
  }
  return above
}
