/** @module What a command works with: the home, the node, the contract, the key that signs. */
import { z } from 'zod'
import { assertDeployment } from '../contracts/rpc/assert-deployment.ts'
import { createFailoverRpc } from '../contracts/rpc/failover.ts'
import { type Rpc, RpcError } from '../contracts/rpc/json-rpc.ts'
import { createSender, type Sender } from '../contracts/rpc/transact.ts'
import type { Hex } from '../domain/bytes.ts'
import type { Config } from './config.ts'
import { loadConfig } from './config.ts'
import { CliError, usage } from './errors.ts'
import { readJson } from './home/files.ts'
import { type Home, locateHome, openHome } from './home/home.ts'
import { findKey, type NamedKey, readKeyFile } from './home/keys.ts'
import { createOutput, type Output } from './terminal/output.ts'

export interface GlobalOptions {
  home?: string
  json?: boolean
}

export interface SigningOptions extends GlobalOptions {
  as?: string
  keyFile?: string
  yes?: boolean
  dryRun?: boolean
}

const Hex20 = z.string().regex(/^0x[0-9a-f]{40}$/)
const DeploymentFile = z.object({
  chainId: z.string(),
  contract: Hex20,
  deployBlock: z.number(),
  embedded: z.boolean(),
})

export interface SavedDeployment {
  chainId: bigint
  contract: Hex
  deployBlock: number
  embedded: boolean
}

export interface Endpoints {
  mqtt: string | null
  mqtts: string | null
  ws: string | null
  wss: string | null
  caFile: string | null
  gateway: string
  rpc: string
  contract: Hex
}

export interface CommandContext {
  config: Config
  home: Home
  output: Output
}

/** For commands that work on a home. Throws HOME_*, CONFIG_INVALID. */
export function openContext(options: GlobalOptions): CommandContext {
  const config = loadConfig(process.env)
  const home = openHome(locateHome(options.home ?? config.FLYTRAP_HOME))
  return { config, home, output: createOutput({ json: options.json === true }) }
}

export interface ChainContext extends CommandContext {
  rpc: Rpc
  rpcUrl: string
  deployment: SavedDeployment
}

/** For commands that need the chain. Throws NOT_RUNNING, NOT_DEPLOYED, or what assertDeployment rejects with. */
export async function openChain(options: GlobalOptions): Promise<ChainContext> {
  const context = openContext(options)
  const deployment = openDeployed(context.home)
  const rpcUrl = context.config.FLYTRAP_RPC_URL ?? readEndpoints(context.home)?.rpc
  if (rpcUrl === undefined) throw notRunning()
  const place = { chainId: deployment.chainId, address: deployment.contract }
  const rpc = createFailoverRpc(rpcUrl, { deployment: place, timeoutMs: 30_000 })
  await assertDeployment(rpc, place).catch((error: Error) => {
    const isGone = (error as { code?: string }).code === 'RPC_UNREACHABLE' && deployment.embedded
    if (isGone) throw notRunning()
    const isShown = context.config.FLYTRAP_RPC_URL === undefined && !deployment.embedded
    throw isShown && error instanceof RpcError ? new CliError(error.code, `${error.message} ${SET_RPC_URL}`) : error
  })
  for (const { state, trouble } of rpc.health()) {
    if (state === 'refused') context.output.line(`Refused: ${trouble}`)
  }
  return { ...context, rpc, rpcUrl, deployment }
}

const SET_RPC_URL =
  'Set FLYTRAP_RPC_URL or FLYTRAP_RPC_URL_FILE as for `flytrap up`, which shows its address to others without the key.'

export interface SigningContext extends ChainContext {
  signer: NamedKey
  sender: Sender
  /** Agrees to what would be asked. */
  yes: boolean
  /** Stops before anything is sent. */
  dryRun: boolean
}

/** For commands that sign. On the embedded chain `owner` signs unless told. */
export async function openSigning(options: SigningOptions): Promise<SigningContext> {
  const context = await openChain(options)
  const signer = signerOf(context, options)
  const sender = createSender(context.rpc, signer.key)
  return { ...context, signer, sender, yes: options.yes === true, dryRun: options.dryRun === true }
}

export function signerOf({ home, deployment }: ChainContext, { as, keyFile }: SigningOptions): NamedKey {
  if (as !== undefined && keyFile !== undefined) throw usage('Give --as or --key-file, not both.')
  if (keyFile !== undefined) return readKeyFile(keyFile)
  const name = as ?? (deployment.embedded ? 'owner' : undefined)
  if (name === undefined) throw usage('Say who signs: --as NAME (a key of the home) or --key-file FILE.')
  const key = findKey(home, name)
  if (key !== undefined) return key
  throw new CliError('KEY_UNKNOWN', `The home has no key ${name}. Make one with: npx flytrap wallet new ${name}`)
}

/** Returns the home's deployment; undefined before the first. Throws HOME_DAMAGED. */
export function readDeployment(home: Home): SavedDeployment | undefined {
  const file = readJson(home.path('deployment.json'))
  if (file === undefined) return undefined
  const parsed = DeploymentFile.safeParse(file)
  if (!parsed.success)
    throw new CliError('HOME_DAMAGED', `${home.path('deployment.json')} cannot be read. Restore it from a backup.`)
  return { ...parsed.data, chainId: BigInt(parsed.data.chainId), contract: parsed.data.contract as Hex }
}

/** The same where there must be one. Throws NOT_DEPLOYED. */
export function openDeployed(home: Home): SavedDeployment {
  const deployment = readDeployment(home)
  if (deployment !== undefined) return deployment
  throw new CliError('NOT_DEPLOYED', 'This home has no contract yet. Start it once with: npx flytrap up')
}

/** What the running `up` wrote when it was ready. */
export const readEndpoints = (home: Home): Endpoints | undefined =>
  readJson(home.path('run', 'endpoints.json')) as Endpoints | undefined

export const notRunning = (): CliError =>
  new CliError('NOT_RUNNING', 'Nothing runs on this home. Start it with: npx flytrap up')
