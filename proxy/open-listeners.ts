/** @module The listeners of one proxy, which share one set of limits. */
import type { Logger } from 'pino'
import type { ProxyContext } from './context.ts'
import type { Accepted } from './listen/accepted.ts'
import { AdmissionDesk } from './listen/admission.ts'
import type { ListenerOptions } from './listen/listener-options.ts'
import { type OpenListener, openListener } from './listen/open-listener.ts'

export interface ListenPlan {
  listen: readonly ListenerOptions[]
  audiences: readonly string[]
  log: Logger
}

/** Opens all, or none: what one refuses closes those before it. */
export async function openListeners(
  { listen, audiences, log }: ListenPlan,
  { limits, counters }: ProxyContext,
  onAccepted: (accepted: Accepted) => void,
): Promise<OpenListener[]> {
  const desk = new AdmissionDesk(limits)
  const names = audiences.map((name) => name.toLowerCase())
  const opened: OpenListener[] = []
  try {
    for (const place of listen) {
      opened.push(await openListener(place, { audiences: names, desk, limits, counters, log, onAccepted }))
    }
  } catch (error) {
    await Promise.all(opened.map((listener) => listener.close()))
    throw error
  }
  return opened
}
