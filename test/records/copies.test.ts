/** An evidence store that does not answer: what it may hold up, and what it may not. */
import { expect, test } from 'vitest'
import type { BuiltBatch } from '../../records/batch/built-batch.ts'
import { Copies, type CopyPlace } from '../../records/recorder/copies.ts'
import { silent } from '../support/chain.ts'

const batchOf = (id: number): BuiltBatch => ({ id, copied: false }) as BuiltBatch

test('a store that does not answer is waited for once, is asked for one thing at a time, and is asked again when it answers', async () => {
  const asked: number[] = []
  const copied: number[][] = []
  let answer: () => void = () => {}
  const place = {
    thread: { call: async ({ ids }: { ids: number[] }) => void copied.push(ids) },
    copyEvidence: ({ id }: BuiltBatch) => {
      asked.push(id)
      return new Promise<void>((resolve) => {
        answer = resolve
      })
    },
    log: silent,
  } as unknown as CopyPlace
  const copies = new Copies(place, 30)
  await copies.copy([batchOf(1)])
  expect(copies.isLate).toBe(true)
  await copies.copy([batchOf(1), batchOf(2)])
  expect([asked, copied]).toEqual([[1], []])
  answer()
  await expect.poll(() => copies.isLate).toBe(false)
  expect(copied).toEqual([[1]])
  const next = copies.copy([batchOf(2)])
  answer()
  await next
  expect([asked, copied, copies.isLate]).toEqual([[1, 2], [[1], [2]], false])
})
