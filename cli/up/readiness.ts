/** @module May a load balancer send devices here? Only where an access could be recorded, decided and served. Pure. */
import type { RunningProxy } from '../../proxy/running-proxy.ts'
import type { StrictJournal } from '../../records/port.ts'

export interface Watched {
  proxy: Pick<RunningProxy, 'view' | 'brokers'>
  records: { journal: Pick<StrictJournal, 'unavailable'> }
}

/** Returns why newcomers would be refused, one sentence each; none when they would not. */
export function whyNotReady({ proxy, records }: Watched): string[] {
  const unrecorded = records.journal.unavailable()
  const isServed = proxy.brokers().some(({ state }) => state === 'up')
  return [
    ...(unrecorded === undefined ? [] : [`No access can be recorded (${unrecorded}).`]),
    ...(proxy.view().isFresh ? [] : ['The view of the contract is stale: the chain does not answer.']),
    ...(isServed ? [] : ['No broker answers.']),
  ]
}
