/** @module Which broker stands behind the proxy, and how the proxy logs in there. Its password comes from a file only. */
import { readFileSync } from 'node:fs'
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

/** Reads `mqtt://[user@]host[:port]` or `mqtts://…`. Throws BROKER_URL_INVALID, for a password in the URL too. */
export function parseBrokerUrl(text: string, passwordFile?: string): BrokerTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^mqtts?:$/.test(url.protocol) || url.hostname === '') {
    const remedy = 'Give it as mqtt://host:1883 or mqtts://host:8883.'
    throw new BrokerError('BROKER_URL_INVALID', `FLYTRAP_BROKER_URL is no address of an MQTT broker. ${remedy}`)
  }
  if (url.password !== '') {
    const remedy = 'Put it into a file and name that in FLYTRAP_BROKER_PASSWORD_FILE.'
    throw new BrokerError('BROKER_URL_INVALID', `FLYTRAP_BROKER_URL holds a password, which leaks into logs. ${remedy}`)
  }
  const tls = url.protocol === 'mqtts:'
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (tls ? 8883 : 1883) : Number(url.port),
    tls,
    ...(url.username === '' ? {} : { userName: decodeURIComponent(url.username) }),
    ...(passwordFile === undefined ? {} : { password: readFileSync(passwordFile, 'utf8').trimEnd() }),
  }
}
