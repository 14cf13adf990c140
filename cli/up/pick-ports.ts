/** @module The ports of `up` that are not a listener's. */
import type { Config } from '../config.ts'
import { pickPort } from '../ports.ts'
import { clearTextHost } from './listeners.ts'

export interface Ports {
  chain: number
  broker: number
  gateway: number
  /** One a proxy. */
  metrics: number[]
}

/** Rejects PORT_TAKEN. */
export async function pickPorts(config: Config, proxies: number): Promise<Ports> {
  const at = (setting: string, wanted: number | undefined, usual: number, host = '127.0.0.1') =>
    pickPort({ setting, wanted, usual, host })
  const chain =
    config.FLYTRAP_RPC_URL === undefined ? await at('FLYTRAP_CHAIN_PORT', config.FLYTRAP_CHAIN_PORT, 8545) : 0
  const broker =
    config.FLYTRAP_BROKER_URL === undefined ? await at('FLYTRAP_BROKER_PORT', config.FLYTRAP_BROKER_PORT, 11_883) : 0
  const gateway = await at('FLYTRAP_GATEWAY_PORT', config.FLYTRAP_GATEWAY_PORT, 4000, clearTextHost(config))
  const metrics: number[] = []
  for (let i = 0; i < proxies; i++) metrics.push(await metricsPort(config.FLYTRAP_METRICS_PORT, i, metrics.at(-1)))
  return { chain, broker, gateway, metrics }
}

/** The next one for each further proxy: the port that was asked for and those behind it, or the next free ones. */
function metricsPort(asked: number | undefined, index: number, before = 9_463): Promise<number> {
  const wanted = asked === undefined || asked === 0 ? asked : asked + index
  return pickPort({ setting: 'FLYTRAP_METRICS_PORT', wanted, usual: before + 1, host: '127.0.0.1' })
}
