/** @module The environment, read once: every problem named at once, secrets by file only. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { splitUrls } from '../contracts/rpc/secrets.ts'
import { isLoopback } from '../proxy/address.ts'
import { parseAmount, parseDuration, Unreadable } from '../proxy/rules/values.ts'
import { CliError } from './errors.ts'

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port from 0 to 65535; 0 is any free one')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a port from 0 to 65535')
  .optional()

const isHttp = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? '')

/** Told without the address: it may hold a key. */
const rpcUrls = z
  .string()
  .transform(splitUrls)
  .refine((urls) => urls.length > 0 && urls.every(isHttp), 'must be http:// or https:// addresses, separated by commas')
  .transform((urls) => urls.join(','))

/** As amounts and durations are written in flytrap.yaml. */
const written = <T>(parse: (text: string) => T | Unreadable) =>
  z.string().transform((text, context) => {
    const value = parse(text)
    if (!(value instanceof Unreadable)) return value
    context.addIssue({ code: 'custom', message: value.why })
    return z.NEVER
  })

/** Of a listener that may be off. */
const listenerPort = z.union([z.literal('off'), port], 'must be a port from 0 to 65535, or off; 0 is any free one')
export type ListenerPort = z.output<typeof listenerPort>

const list = (otherwise: string) =>
  z
    .string()
    .default(otherwise)
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )

/** SO_REUSEPORT as Linux has it: each process gets its part of the connections. */
const CAN_SHARE_PORTS = process.platform === 'linux'

const Environment = z.object({
  FLYTRAP_HOME: z.string().min(1).optional(),
  FLYTRAP_HOST: z.string().min(1).default('127.0.0.1'),
  /** MQTT in clear text off this machine: only signed logins are taken there, no credentials. */
  FLYTRAP_INSECURE: z.enum(['true', 'false']).default('false'),
  FLYTRAP_MQTT_PORT: listenerPort,
  FLYTRAP_MQTTS_PORT: listenerPort,
  FLYTRAP_WS_PORT: listenerPort,
  FLYTRAP_WSS_PORT: listenerPort,
  /** PEM files; the embedded home makes its own without them. */
  FLYTRAP_TLS_CERT_FILE: z.string().min(1).optional(),
  FLYTRAP_TLS_KEY_FILE: z.string().min(1).optional(),
  /** Load balancers, as addresses and networks: their PROXY header is demanded and believed, on every listener. */
  FLYTRAP_PROXY_PROTOCOL_FROM: list(''),
  /** Origins of pages that may connect by WebSocket. */
  FLYTRAP_WS_ORIGINS: list(''),
  FLYTRAP_GATEWAY_PORT: port,
  /** Where people's browsers find the gateway, when not at its listener: https://audit.example.org. Sign-in is for them alone. */
  FLYTRAP_GATEWAY_ORIGINS: list('').refine(
    (origins) => origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
    'must be origins such as https://audit.example.org, separated by commas',
  ),
  /** Load balancers before the gateway, as addresses and networks: their X-Forwarded-For is believed. */
  FLYTRAP_GATEWAY_TRUSTED_PROXIES: list(''),
  FLYTRAP_CHAIN_PORT: port,
  FLYTRAP_BROKER_PORT: port,
  FLYTRAP_METRICS_PORT: port,
  /** One endpoint, or several by preference, separated by commas. */
  FLYTRAP_RPC_URL: rpcUrls.optional(),
  /** The same, one a line, where an address holds a key. */
  FLYTRAP_RPC_URL_FILE: z.string().min(1).optional(),
  /** A node that owners' browser wallets may be told of; everybody who opens a page reads it. */
  FLYTRAP_PUBLIC_RPC_URL: z.url({ protocol: /^https?$/ }).optional(),
  FLYTRAP_CONTRACT: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x and 40 hex digits')
    .transform((text) => text.toLowerCase() as `0x${string}`)
    .optional(),
  FLYTRAP_DEPLOY_BLOCK: z.string().regex(/^\d+$/, 'must be a block number').transform(Number).default(0),
  /** A PostgreSQL database for evidence instead of a file in the home; with a password in it, by file. */
  FLYTRAP_EVIDENCE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\/\S+$/, 'must be a postgres:// address')
    .optional(),
  FLYTRAP_EVIDENCE_URL_FILE: z.string().min(1).optional(),
  /** The subgraph's query endpoint on a Graph Node, which then keeps the history instead of our own engine. */
  FLYTRAP_GRAPH_URL: z
    .url({ protocol: /^https?$/, error: 'must be the http:// address of a subgraph on a Graph Node' })
    .refine((text) => URL.parse(text)?.username === '', 'must hold no user name: let a proxy of yours ask for it')
    .optional(),
  /** What turns banned networks into pseudonyms: proxies with the same file honour each other's bans. */
  FLYTRAP_BAN_KEYS_FILE: z.string().min(1).optional(),
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
  /** Pays out owners' income above this; off when unset. */
  FLYTRAP_KEEPER_ABOVE: written(parseAmount)
    .refine((wei) => wei > 0n, 'must be more than 0')
    .optional(),
  FLYTRAP_KEEPER_EVERY: written(parseDuration)
    .refine((ms) => ms >= 1_000, 'must be 1s or more')
    .default(3_600_000),
  FLYTRAP_KEEPER_MAX_GAS_PRICE: written(parseAmount).default(50n * 10n ** 9n),
  /** The part of a payout that its gas may cost. */
  FLYTRAP_KEEPER_MAX_COST: z
    .string()
    .regex(/^\d{1,2}(\.\d{1,2})?%$/, 'must be a part of each payout, such as 5%')
    .transform((text) => Math.round(Number.parseFloat(text) * 100))
    .default(500),
  /** Never the recorder's: two senders would race for one key's nonces. */
  FLYTRAP_KEEPER_KEY: z
    .string()
    .regex(/^(?!recorder$)[a-z0-9][\w-]{0,39}$/i, 'must be the name of a key in the home, and not recorder')
    .default('keeper'),
  /** Proxies, each in a process of its own, on the same ports. */
  FLYTRAP_PROXIES: z
    .string()
    .regex(/^([1-9]|[1-5]\d|6[0-4])$/, 'must be a number of processes from 1 to 64')
    .transform(Number)
    .refine((count) => count === 1 || CAN_SHARE_PORTS, 'must be 1 here: this system shares no port among processes')
    .default(1),
  FLYTRAP_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

export type Config = z.output<typeof Environment>

/** Throws CONFIG_INVALID with every problem. */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  // An empty setting is an unset one: `FLYTRAP_RPC_URL= npx flytrap up`.
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name.startsWith('FLYTRAP_') && value !== ''),
  )
  const rpc = withRpcUrlFile(given)
  const { env: settings, problems: unread } = withEvidenceUrlFile(rpc.env)
  const parsed = Environment.safeParse(settings)
  const problems = parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
  problems.push(...rpc.problems, ...unread)
  if (parsed.success && parsed.data.FLYTRAP_RPC_URL === undefined && parsed.data.FLYTRAP_CONTRACT !== undefined) {
    problems.push('FLYTRAP_CONTRACT needs FLYTRAP_RPC_URL: the embedded chain has its own contract')
  }
  if (parsed.success) problems.push(...flawsOfTls(parsed.data))
  if (parsed.success && problems.length === 0) return parsed.data
  throw new CliError(
    'CONFIG_INVALID',
    `The environment cannot be used:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
  )
}

/** Returns the environment with the file's addresses in place of its name's. */
function withRpcUrlFile(env: NodeJS.ProcessEnv): { env: NodeJS.ProcessEnv; problems: string[] } {
  const path = env.FLYTRAP_RPC_URL_FILE
  if (path === undefined) return { env, problems: [] }
  if (env.FLYTRAP_RPC_URL !== undefined) {
    return { env, problems: ['FLYTRAP_RPC_URL and FLYTRAP_RPC_URL_FILE are both set: keep one'] }
  }
  try {
    const urls = splitUrls(readFileSync(path, 'utf8'))
    if (urls.length > 0 && urls.every(isHttp)) return { env: { ...env, FLYTRAP_RPC_URL: urls.join(',') }, problems: [] }
    const text = `FLYTRAP_RPC_URL_FILE: ${path} must hold http:// or https:// addresses, one a line`
    return { env, problems: [text] }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { env, problems: [`FLYTRAP_RPC_URL_FILE: ${path} cannot be read (${code})`] }
  }
}

/** The same for the evidence store, whose address may hold a password. */
function withEvidenceUrlFile(env: NodeJS.ProcessEnv): { env: NodeJS.ProcessEnv; problems: string[] } {
  const path = env.FLYTRAP_EVIDENCE_URL_FILE
  if (path === undefined) return { env, problems: [] }
  if (env.FLYTRAP_EVIDENCE_URL !== undefined)
    return { env, problems: ['FLYTRAP_EVIDENCE_URL and FLYTRAP_EVIDENCE_URL_FILE are both set: keep one'] }
  try {
    return { env: { ...env, FLYTRAP_EVIDENCE_URL: readFileSync(path, 'utf8').trim() }, problems: [] }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { env, problems: [`FLYTRAP_EVIDENCE_URL_FILE: ${path} cannot be read (${code})`] }
  }
}

/** Off this machine, and on a chain that is not the embedded one, the certificate must be yours. */
function flawsOfTls(config: Config): string[] {
  const { FLYTRAP_TLS_CERT_FILE: certFile, FLYTRAP_TLS_KEY_FILE: keyFile, FLYTRAP_HOST: host } = config
  const flaws: string[] = []
  if ((certFile === undefined) !== (keyFile === undefined)) {
    flaws.push('FLYTRAP_TLS_CERT_FILE and FLYTRAP_TLS_KEY_FILE go together: name both')
  }
  const isOwn = certFile !== undefined || keyFile !== undefined
  if (!isLoopback(host) && !isOwn && config.FLYTRAP_INSECURE !== 'true') {
    flaws.push(
      'FLYTRAP_HOST is not this machine alone: name a certificate for it in FLYTRAP_TLS_CERT_FILE and FLYTRAP_TLS_KEY_FILE, or set FLYTRAP_INSECURE=true to mean clear text',
    )
  }
  for (const setting of ['FLYTRAP_MQTTS_PORT', 'FLYTRAP_WSS_PORT'] as const) {
    const isAsked = typeof config[setting] === 'number'
    if (isAsked && !isOwn && config.FLYTRAP_RPC_URL !== undefined) {
      flaws.push(
        `${setting} needs FLYTRAP_TLS_CERT_FILE and FLYTRAP_TLS_KEY_FILE: a development certificate is made for the embedded chain alone`,
      )
    }
  }
  return flaws
}
