/** @module Which broker stands behind the proxy, and how the proxy logs in there. Its password comes from a file only. */
import type { Logger } from 'pino'

export interface BrokerTarget {
  host: string
  port: number
  tls: boolean
  /** PEM of the authorities that may have signed the broker's certificate; the system's where undefined. */
  ca?: string
  userName?: string
  password?: string
}

/** How people and logs know it. It says nothing of how we log in there. */
export const nameOf = ({ host, port }: BrokerTarget): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

/** How the proxy logs in at an embedded broker. */
export interface BrokerLogin {
  userName: string
  password: string
}

/** What an embedded broker is started with. */
export interface BrokerStart {
  dir: string
  port: number
  login: BrokerLogin
  log: Logger
  binary: string
}

export class BrokerError extends Error {
  override readonly name = 'BrokerError'
  readonly code: 'BROKER_URL_INVALID' | 'BROKER_FAILED' | 'BROKER_OPEN_TO_ANYBODY'

  constructor(code: BrokerError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
