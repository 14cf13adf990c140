import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex, type Hex, toHex } from '../../domain/bytes.ts'
import { canonicalJson, leafHash, purposeHash } from '../../domain/evidence.ts'
import { inclusionProof, merkleRoot } from '../../domain/merkle-tree.ts'

interface LeafVector {
  contract: Hex
  chainId: string
  recorderId: number
  seq: string
  salt: Hex
  evidence: object
  canonical: string
  leaf: Hex
}
interface PurposeVector {
  salt: Hex
  lang: string
  text: string
  purpose: Hex
}
interface TreeVector {
  leaves: Hex[]
  root: Hex
  paths: Hex[][]
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'))
const { leaves, purposes } = read('evidence') as { leaves: LeafVector[]; purposes: PurposeVector[] }
const { trees } = read('merkle-tree') as { trees: TreeVector[] }

describe('evidence', () => {
  test.each(leaves)('of recorder $recorderId, sequence $seq has the vector’s text and leaf', (row) => {
    expect(canonicalJson(row.evidence)).toBe(row.canonical)
    const place = {
      contract: row.contract as Hex,
      chainId: BigInt(row.chainId),
      recorderId: row.recorderId,
      seq: BigInt(row.seq),
    }
    expect(toHex(leafHash(place, fromHex(row.salt), row.canonical))).toBe(row.leaf)
  })

  test('refuses a salt that is not longer than the digest', () => {
    const place = { contract: `0x${'00'.repeat(20)}` as Hex, chainId: 1n, recorderId: 1, seq: 1n }
    expect(() => leafHash(place, new Uint8Array(32), '{}')).toThrow(RangeError)
  })

  test('has no form for what JSON cannot say (RFC 8785 section 3.2)', () => {
    expect(() => canonicalJson(undefined)).toThrow(TypeError)
    expect(() => canonicalJson({ a: Number.NaN })).toThrow()
  })
})

describe('a purpose', () => {
  test.each(purposes)('in $lang commits to its text and salt', ({ salt, lang, text, purpose }) => {
    expect(toHex(purposeHash(fromHex(salt), { lang, text }))).toBe(purpose)
  })
})

describe('the evidence tree', () => {
  test.each(trees)('of $leaves.length leaves has the vector’s root and paths (RFC 6962)', (tree) => {
    const hashes = tree.leaves.map(fromHex)
    expect(toHex(merkleRoot(hashes))).toBe(tree.root)
    expect(hashes.map((_, i) => inclusionProof(hashes, i).map(toHex))).toEqual(tree.paths)
  })
})
