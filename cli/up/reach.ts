/** @module How people and programs reach the gateway, as the settings say. */
import type { Reach } from '../../gateway/start-gateway.ts'
import type { Config } from '../config.ts'

export const reachOf = ({
  FLYTRAP_GATEWAY_ORIGINS: origins,
  FLYTRAP_GATEWAY_TRUSTED_PROXIES: proxies,
}: Config): Reach => ({
  ...(origins.length === 0 ? {} : { origins }),
  ...(proxies.length === 0 ? {} : { trustedProxies: proxies }),
})
