import { describe, expect, it } from 'vitest'
import { fairStore } from '../../gateway/limits/fair-store.ts'
import { emptyStore } from '../support/gateway.ts'

const ID = `0x${'11'.repeat(32)}` as const

/** A store that answers at once, and counts what it is asked. */
const instant = () => {
  const asked: string[] = []
  return { asked, store: emptyStore({ topic: (id) => void asked.push(id) }) }
}

const busyFor = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end; );
}

describe('a fair store', () => {
  it('tells at once what is known at once', () => {
    expect(fairStore(instant().store, 60_000).topic(ID, 1)).toBeUndefined()
  })

  it('lets others have their turn before a request that has had its own goes on', async () => {
    const { asked, store } = instant()
    const fair = fairStore(store, 60_000)
    busyFor(20)
    setImmediate(() => asked.push('another'))
    await fair.topic(ID, 1)
    expect(asked).toEqual(['another', ID])
  })

  it('asks nothing more for a request that takes too long', async () => {
    const { asked, store } = instant()
    const fair = fairStore(store, 1)
    busyFor(5)
    await expect(fair.topic(ID, 1)).rejects.toMatchObject({ code: 'QUERY_TOO_SLOW' })
    expect(asked).toEqual([])
  })
})
