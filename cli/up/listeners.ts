/** @module Which listeners `up` opens, on which ports, with which certificate: what devices can dial. */
import { isLoopback } from '../../proxy/address.ts'
import type { ListenerKind } from '../../proxy/listen/accepted.ts'
import type { ListenerOptions } from '../../proxy/listen/listener-options.ts'
import type { CertificateFiles } from '../../proxy/listen/tls/read-certificate.ts'
import type { Config, ListenerPort } from '../config.ts'
import type { Home } from '../home/home.ts'
import { pickPort } from '../ports.ts'
import { ensureDevelopmentCertificate } from '../tls/development-certificate.ts'

export interface ListenerPlan {
  listen: ListenerOptions[]
  /** What clients name to trust the development certificate; null where another one serves. */
  caFile: string | null
  stop(): void
}

const DAY_MS = 86_400_000

/** Rejects PORT_TAKEN. */
export async function planListeners(home: Home, config: Config): Promise<ListenerPlan> {
  const { certificate, caFile, stop } = certificateOf(home, config)
  const shared = { trustedSenders: config.FLYTRAP_PROXY_PROTOCOL_FROM, origins: config.FLYTRAP_WS_ORIGINS }
  const listen: ListenerOptions[] = []
  for (const { kind, setting, usual, isOnUnlessSet } of LISTENERS) {
    const isEncrypted = kind === 'mqtts' || kind === 'wss'
    const wanted: ListenerPort = config[setting]
    if (wanted === 'off' || (wanted === undefined && !isOnUnlessSet)) continue
    if (isEncrypted && certificate === undefined) continue // asked for without one: refused by the configuration
    const host = isEncrypted ? config.FLYTRAP_HOST : clearTextHost(config)
    const port = await pickPort({ setting, wanted, usual, host })
    const insecure = config.FLYTRAP_INSECURE === 'true'
    listen.push({ kind, host, port, insecure, ...shared, ...(isEncrypted && certificate ? { certificate } : {}) })
  }
  return { listen, caFile, stop }
}

const LISTENERS = [
  { kind: 'mqtt', setting: 'FLYTRAP_MQTT_PORT', usual: 1_883, isOnUnlessSet: true },
  { kind: 'mqtts', setting: 'FLYTRAP_MQTTS_PORT', usual: 8_883, isOnUnlessSet: true },
  { kind: 'ws', setting: 'FLYTRAP_WS_PORT', usual: 8_083, isOnUnlessSet: true },
  { kind: 'wss', setting: 'FLYTRAP_WSS_PORT', usual: 8_084, isOnUnlessSet: false },
] as const

/** Clear text stays on this machine unless asked for by name, whatever the host is. */
export const clearTextHost = ({ FLYTRAP_HOST: host, FLYTRAP_INSECURE: insecure }: Config): string =>
  isLoopback(host) || insecure === 'true' ? host : '127.0.0.1'

interface Certificate {
  certificate: CertificateFiles | undefined
  caFile: string | null
  stop(): void
}

/** Files that are named; else, on the embedded chain, one of the home's own, looked after each day. */
function certificateOf(home: Home, config: Config): Certificate {
  const { FLYTRAP_TLS_CERT_FILE: certFile, FLYTRAP_TLS_KEY_FILE: keyFile } = config
  if (certFile !== undefined && keyFile !== undefined) {
    return { certificate: { certFile, keyFile }, caFile: null, stop: () => {} }
  }
  if (config.FLYTRAP_RPC_URL !== undefined) return { certificate: undefined, caFile: null, stop: () => {} }
  const look = () => ensureDevelopmentCertificate(home.path('tls'))
  const { caFile, ...certificate } = look()
  const timer = setInterval(look, DAY_MS).unref()
  return { certificate, caFile, stop: () => clearInterval(timer) }
}

/** Ports are picked before anything listens on them. */
export const portsOf = ({ listen }: ListenerPlan): Partial<Record<ListenerKind, number>> =>
  Object.fromEntries(listen.map(({ kind = 'mqtt', port }) => [kind, port]))

export type DeviceUrls = Record<ListenerKind, string | null>

/** Returns what devices dial, null for what is off. */
export function deviceUrls({ listen }: ListenerPlan, ports: Partial<Record<ListenerKind, number>>): DeviceUrls {
  const urls: DeviceUrls = { mqtt: null, mqtts: null, ws: null, wss: null }
  for (const { kind = 'mqtt', host } of listen) {
    const name = host.includes(':') ? `[${host}]` : host
    const path = kind === 'ws' || kind === 'wss' ? '/mqtt' : ''
    if (ports[kind] !== undefined) urls[kind] = `${kind}://${name}:${ports[kind]}${path}`
  }
  return urls
}
