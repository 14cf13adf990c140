/** @module What a listener is told to be, and what follows from it for every connection. */
import { isLoopback } from '../address.ts'
import type { Listener, ListenerKind } from './accepted.ts'
import { ListenError } from './errors.ts'
import { TrustedSenders } from './proxy-protocol/trusted-senders.ts'
import type { CertificateFiles } from './tls/read-certificate.ts'

export interface ListenerOptions {
  /** `mqtts` and `wss` need a certificate. */
  kind?: ListenerKind
  host: string
  /** 0 is any free one. */
  port: number
  /** Clear text off loopback must be asked for by name, and takes no credentials. */
  insecure?: boolean
  certificate?: CertificateFiles & { pollMs?: number }
  /** Load balancers whose PROXY header is demanded and believed, as addresses and networks. */
  trustedSenders?: readonly string[]
  /** Pages that may connect by WebSocket. */
  origins?: readonly string[]
  /** Shares the port with other processes. */
  reusePort?: boolean
}

/** Throws LISTENER_INSECURE. */
export function listenerOf({ kind = 'mqtt', host, insecure }: ListenerOptions, audiences: readonly string[]): Listener {
  const isEncrypted = kind === 'mqtts' || kind === 'wss'
  const isLocal = isLoopback(host)
  if (!isEncrypted && !isLocal && insecure !== true) {
    const remedy = 'Listen on 127.0.0.1, or use TLS; FLYTRAP_INSECURE=true asks for it all the same.'
    throw new ListenError(
      'LISTENER_INSECURE',
      `${host} is not this machine alone, and ${kind} is without TLS. ${remedy}`,
    )
  }
  return { kind, isEncrypted, acceptsCredentials: isEncrypted || isLocal, audiences }
}

/** Throws SENDER_INVALID. */
export function sendersOf({ trustedSenders = [] }: ListenerOptions): TrustedSenders {
  try {
    return new TrustedSenders(trustedSenders)
  } catch (cause) {
    const remedy = 'Correct FLYTRAP_PROXY_PROTOCOL_FROM.'
    throw new ListenError('SENDER_INVALID', `${(cause as Error).message}. ${remedy}`, { cause })
  }
}
