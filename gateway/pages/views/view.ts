/** @module What a read page is: made from what stands behind the question mark, by asking the API. */
import type { Ask } from '../ask.ts'
import type { PageText } from '../layout.ts'

/** What was given twice counts once; empty fields of a form are not given. */
export type Given = Readonly<Record<string, string>>
/** Rejects PageError. */
export type View = (ask: Ask, given: Given) => Promise<Omit<PageText, 'path' | 'script'>>
