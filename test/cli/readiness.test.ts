import { expect, test } from 'vitest'
import { type Watched, whyNotReady } from '../../cli/up/readiness.ts'
import type { BrokerStatus } from '../../proxy/broker/watch.ts'

interface Parts {
  unavailable?: 'JOURNAL_WRITE_FAILED'
  isFresh?: boolean
  states?: BrokerStatus['state'][]
}

function parts({ unavailable, isFresh = true, states = ['up'] }: Parts): Watched {
  const view = { isFresh } as ReturnType<Watched['proxy']['view']>
  const brokers = states.map((state) => ({ state }) as BrokerStatus)
  return {
    proxy: { view: () => view, brokers: () => brokers },
    records: { journal: { unavailable: () => unavailable } },
  }
}

test('a proxy is ready while it can record, decide and serve, with one of its brokers down too', () => {
  expect(whyNotReady(parts({}))).toEqual([])
  expect(whyNotReady(parts({ states: ['down', 'up'] }))).toEqual([])
})

test.each<[string, Parts, RegExp]>([
  ['the journal cannot be written', { unavailable: 'JOURNAL_WRITE_FAILED' }, /recorded \(JOURNAL_WRITE_FAILED\)/],
  ['the chain went away', { isFresh: false }, /stale/],
  ['no broker answers', { states: ['down', 'down'] }, /No broker/],
])('readiness goes red when %s, and says so', (_, broken, reason) => {
  expect(whyNotReady(parts(broken))).toEqual([expect.stringMatching(reason)])
})
