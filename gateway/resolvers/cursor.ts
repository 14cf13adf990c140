/**
 * @module Cursors: where a page ended, and the block that its first page was answered as of. Later pages are as of that
 * block too, so nothing shifts; when it was reorganised away the reader is told to begin again.
 */
import { Buffer } from 'node:buffer'
import { refuse } from '../errors.ts'

export interface Cursor {
  /** block << 32 | logIndex of the last item. */
  position: bigint
  block: number
  hash: string
}

const MAX_POSITION = 2n ** 63n - 1n

export const encodeCursor = ({ position, block, hash }: Cursor): string =>
  Buffer.from(`${position}.${block}.${hash}`).toString('base64url')

/** Throws BAD_CURSOR. */
export function decodeCursor(text: string): Cursor {
  const plain = Buffer.from(text.slice(0, 200), 'base64url').toString('latin1')
  const [, position, block, hash] = /^(\d{1,19})\.(\d{1,10})\.(0x[0-9a-f]{64})$/.exec(plain) ?? []
  if (position === undefined || block === undefined || hash === undefined || BigInt(position) > MAX_POSITION) {
    refuse('BAD_CURSOR', 'Give `after` exactly as `endCursor` or an edge’s `cursor` gave it.')
  }
  return { position: BigInt(position), block: Number(block), hash }
}
