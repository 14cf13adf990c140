/** @module The environment, read once: every problem named at once, secrets by file only. */
import { z } from 'zod'
import { isLoopback } from '../proxy/address.ts'
import { CliError } from './errors.ts'

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port from 0 to 65535; 0 is any free one')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a port from 0 to 65535')
  .optional()

const Environment = z.object({
  FLYTRAP_HOME: z.string().min(1).optional(),
  FLYTRAP_HOST: z.string().min(1).default('127.0.0.1'),
  /** MQTT in clear text off this machine: only signed logins are taken there, no credentials. */
  FLYTRAP_INSECURE: z.enum(['true', 'false']).default('false'),
  FLYTRAP_MQTT_PORT: port,
  FLYTRAP_GATEWAY_PORT: port,
  FLYTRAP_CHAIN_PORT: port,
  FLYTRAP_BROKER_PORT: port,
  FLYTRAP_RPC_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).optional(),
  FLYTRAP_CONTRACT: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x and 40 hex digits')
    .transform((text) => text.toLowerCase() as `0x${string}`)
    .optional(),
  FLYTRAP_DEPLOY_BLOCK: z.string().regex(/^\d+$/, 'must be a block number').transform(Number).default(0),
  /** A country database (MMDB) instead of the one that comes along. */
  FLYTRAP_GEOIP: z.string().min(1).optional(),
  FLYTRAP_BROKER: z.enum(['auto', 'mosquitto', 'aedes']).default('auto'),
  FLYTRAP_BROKER_URL: z.string().min(1).optional(),
  /** One file, or one a broker, comma separated. */
  FLYTRAP_BROKER_PASSWORD_FILE: z.string().min(1).optional(),
  FLYTRAP_BROKER_CA_FILE: z.string().min(1).optional(),
  /** Host names that devices dial, comma separated: what a Login must name. */
  FLYTRAP_AUDIENCES: z
    .string()
    .default('localhost,127.0.0.1')
    .transform((text) => text.split(',').map((name) => name.trim().toLowerCase())),
  FLYTRAP_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

export type Config = z.output<typeof Environment>

/** Throws CONFIG_INVALID with every problem. */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  // An empty setting is an unset one: `FLYTRAP_RPC_URL= npx flytrap up`.
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name.startsWith('FLYTRAP_') && value !== ''),
  )
  const parsed = Environment.safeParse(given)
  const problems = parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
  if (parsed.success && parsed.data.FLYTRAP_RPC_URL === undefined && parsed.data.FLYTRAP_CONTRACT !== undefined) {
    problems.push('FLYTRAP_CONTRACT needs FLYTRAP_RPC_URL: the embedded chain has its own contract')
  }
  if (parsed.success && !isLoopback(parsed.data.FLYTRAP_HOST) && parsed.data.FLYTRAP_INSECURE !== 'true') {
    problems.push(
      'FLYTRAP_HOST is not this machine alone, and there is no TLS yet: set FLYTRAP_INSECURE=true to mean it',
    )
  }
  if (parsed.success && problems.length === 0) return parsed.data
  throw new CliError(
    'CONFIG_INVALID',
    `The environment cannot be used:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
  )
}
