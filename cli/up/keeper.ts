/** @module The keeper, where the settings ask for one. */
import type { SavedDeployment } from '../context.ts'
import { findOrMakeKey } from '../home/keys.ts'
import { type Keeper, startKeeper } from '../keeper/keeper.ts'
import { type ChainPlace, ENOUGH } from './deployment.ts'
import type { StartOptions } from './start-options.ts'

export async function startKeeperIfAsked(
  { home, config, log }: StartOptions,
  deployment: SavedDeployment,
  { rpc, devChain }: ChainPlace,
): Promise<Keeper | undefined> {
  const above = config.FLYTRAP_KEEPER_ABOVE
  if (above === undefined) return undefined
  const { address, key } = findOrMakeKey(home, config.FLYTRAP_KEEPER_KEY)
  await devChain?.fund(address, ENOUGH)
  return startKeeper({
    rpc,
    deployment,
    key,
    above,
    everyMs: config.FLYTRAP_KEEPER_EVERY,
    maxGasPrice: config.FLYTRAP_KEEPER_MAX_GAS_PRICE,
    maxCost: config.FLYTRAP_KEEPER_MAX_COST,
    memoryPath: home.path('keeper.json'),
    log: log.child({ part: 'keeper' }),
  })
}
