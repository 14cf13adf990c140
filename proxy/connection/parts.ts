/** @module What a connection is made of besides its sockets: handed in, so that it knows its handlers by type alone. */
import type { ProxyContext } from '../context.ts'
import type { Frame } from '../wire/frame.ts'

/** Before CONNECT, waiting for AUTH, logging in at the broker, in service, gone. */
export type Phase = 'connect' | 'authenticate' | 'dial' | 'open' | 'closed'

/** A Will that the broker holds for a connection. */
export interface PendingWill {
  /** Decides it again. False: the broker must be told to drop it. */
  mayFire(): boolean
  /** Says how it ended; only the first word counts. */
  settle(how: 'happened' | 'unknown' | 'dropped'): void
}

/** What a packet means. */
export interface Handlers<C> {
  device(connection: C, frame: Frame): Promise<void> | undefined
  broker(connection: C, frame: Frame): Promise<void> | undefined
}

export interface ConnectionParts<C> {
  context: ProxyContext
  handlers: Handlers<C>
  onClose: () => void
}
