/** @module SHA-256 by the platform: a third of the time of the one that also runs in a browser. */
import { hash } from 'node:crypto'
import type { Sha256 } from '../domain/bytes.ts'

export const nativeSha256: Sha256 = (bytes) => hash('sha256', bytes, 'buffer')
