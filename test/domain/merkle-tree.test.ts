import { describe, expect, test } from 'vitest'
import { sha256, toHex, utf8 } from '../../domain/bytes.ts'
import { inclusionProof, merkleRoot, nodeHash, verifyInclusion } from '../../domain/merkle-tree.ts'

const leaves = (size: number): Uint8Array[] => Array.from({ length: size }, (_, i) => sha256(utf8(`leaf ${i}`)))

/** RFC 6962 section 2.1, word for word: split at the largest power of two below n. */
function rfcRoot(list: readonly Uint8Array[]): Uint8Array {
  if (list.length === 1) return list[0]!
  const k = 2 ** Math.floor(Math.log2(list.length - 1))
  return nodeHash(rfcRoot(list.slice(0, k)), rfcRoot(list.slice(k)))
}

describe('the evidence tree', () => {
  test('of nothing is SHA-256 of nothing (RFC 6962 section 2.1)', () => {
    expect(toHex(merkleRoot([]))).toBe('0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  test('equals the recursive definition for every size up to 70 (RFC 6962 section 2.1)', () => {
    for (let size = 1; size <= 70; size++) expect(merkleRoot(leaves(size))).toEqual(rfcRoot(leaves(size)))
  })

  test('proves every leaf of every size up to 40, and nothing else (RFC 6962 section 2.1.1)', () => {
    for (let size = 1; size <= 40; size++) {
      const all = leaves(size)
      const root = merkleRoot(all)
      for (const [index, leaf] of all.entries()) {
        const path = inclusionProof(all, index)
        expect(verifyInclusion({ leaf, index, size, path, root })).toBe(true)
        expect(verifyInclusion({ leaf: nodeHash(leaf, leaf), index, size, path, root })).toBe(false)
        expect(verifyInclusion({ leaf, index, size, path: [...path, root], root })).toBe(false)
        if (size > 1) {
          expect(verifyInclusion({ leaf, index: (index + 1) % size, size, path, root })).toBe(false)
          expect(verifyInclusion({ leaf, index, size, path: path.slice(1), root })).toBe(false)
        }
      }
    }
  })

  test('has no leaf outside its size', () => {
    expect(() => inclusionProof(leaves(3), 3)).toThrow(RangeError)
    expect(verifyInclusion({ leaf: leaves(1)[0]!, index: 1, size: 1, path: [], root: leaves(1)[0]! })).toBe(false)
  })
})
