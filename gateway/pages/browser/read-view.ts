/**
 * @module The contract's whole state, folded from its events as proxies fold it, read through the wallet's own node: these
 * pages depend on the contract alone. What is too deep to be reorganised away is kept for the tab.
 */
import { quantity } from '../../../contracts/rpc/blocks.ts'
import { readEvents } from '../../../contracts/rpc/logs.ts'
import { VIEW_EVENTS, View, type ViewEvent, viewReplacer, viewReviver } from '../../../domain/view.ts'
import type { Session } from './session.ts'

/** No chain that FlyTrap runs on turns back further; the owner's own view is read anew with each page anyway. */
const DEEP = 64

export interface ReadView {
  view: View
  block: number
  /** The block's time, Unix seconds: what has ended is judged by the chain's clock. */
  time: number
}

export async function readView(session: Session, onProgress: (part: number) => void): Promise<ReadView> {
  const { rpc, place } = session
  const head = await rpc.request<{ number: string; timestamp: string }>('eth_getBlockByNumber', ['latest', false])
  const block = Number(head.number)
  const kept = load(session)
  const view = kept?.view ?? new View()
  const deep = block - DEEP
  let from = kept?.next ?? place.deployBlock
  for (const to of [deep, block]) {
    if (to < from) continue
    const range = { address: place.contract, fromBlock: from, toBlock: to, names: VIEW_EVENTS }
    for await (const events of readEvents(rpc, range)) {
      for (const event of events) view.apply(event as ViewEvent)
      onProgress(
        ((events.at(-1)?.log.blockNumber ?? from) - place.deployBlock) / Math.max(1, block - place.deployBlock),
      )
    }
    from = to + 1
    if (to === deep) keep(session, view, from)
  }
  return { view, block, time: Number(head.timestamp) }
}

const keyOf = ({ place }: Session): string => `flytrap-view:${place.chainId}:${place.contract}`

function load(session: Session): { view: View; next: number } | undefined {
  const text = sessionStorage.getItem(keyOf(session))
  if (text === null) return undefined
  const { next, snapshot } = JSON.parse(text, viewReviver)
  return { view: View.restore(snapshot), next }
}

function keep(session: Session, view: View, next: number): void {
  try {
    sessionStorage.setItem(keyOf(session), JSON.stringify({ next, snapshot: view.snapshot() }, viewReplacer))
  } catch {
    sessionStorage.removeItem(keyOf(session)) // too large for the browser: read anew each time
  }
}

/** Resolves with the time of a block, Unix seconds. */
export async function timeOf({ rpc }: Session, block: number): Promise<number> {
  return Number((await rpc.request<{ timestamp: string }>('eth_getBlockByNumber', [quantity(block), false])).timestamp)
}
