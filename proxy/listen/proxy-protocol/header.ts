/** @module What the first bytes of a connection say of whose it is. */

export type HeaderReading =
  | { kind: 'header'; byteLength: number; source: ProxySource }
  /** All bytes so far may begin a header. */
  | { kind: 'incomplete' }
  /** These bytes begin no header at all. */
  | { kind: 'missing' }
  | { kind: 'invalid'; why: string }

/** `sender`: the connection is the load balancer's own, or it does not know whose it is. */
export type ProxySource = { kind: 'device'; address: string; port: number } | { kind: 'sender' }
