/** @module The contract of a home: found again, or deployed once on the embedded chain; the recorders and the report signer in it. */
import { existsSync } from 'node:fs'
import { decodeResult, encodeCall } from '../../contracts/abi/calls.ts'
import { brokerOwnerOf, deployFlyTrap } from '../../contracts/deploy.ts'
import type { DevChain } from '../../contracts/devchain/start-dev-chain.ts'
import { assertDeployment } from '../../contracts/rpc/assert-deployment.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { callContract, chainIdOf, createSender } from '../../contracts/rpc/transact.ts'
import type { Hex } from '../../domain/bytes.ts'
import { RecorderState } from '../../domain/enums.ts'
import type { FileSigner } from '../../reports/sign/file-signer.ts'
import type { Config } from '../config.ts'
import { readDeployment, type SavedDeployment } from '../context.ts'
import { CliError } from '../errors.ts'
import { writeJson } from '../home/files.ts'
import type { Home } from '../home/home.ts'
import { findKey, findOrMakeKey, type NamedKey } from '../home/keys.ts'
import { numbered } from './unit-names.ts'

const ETH = 10n ** 18n
/** Development ETH is free; below this it is topped up at each start. */
export const ENOUGH = 100n * ETH

export interface ChainPlace {
  rpc: Rpc
  /** Undefined when the chain is not ours. */
  devChain: DevChain | undefined
}

/** Resolves with the home's deployment, made if need be. Rejects DeploymentError or NOT_DEPLOYED. */
export async function findOrDeploy(home: Home, config: Config, place: ChainPlace): Promise<SavedDeployment> {
  const saved = readDeployment(home)
  if (saved !== undefined) {
    const wanted = config.FLYTRAP_CONTRACT
    if (wanted !== undefined && wanted !== saved.contract) {
      const remedy = 'Unset it, or use another FLYTRAP_HOME for another contract.'
      throw new CliError(
        'CONTRACT_DIFFERS',
        `FLYTRAP_CONTRACT is ${wanted}, but this home belongs to ${saved.contract}. ${remedy}`,
      )
    }
    await assertDeployment(place.rpc, { chainId: saved.chainId, address: saved.contract })
    return saved
  }
  const made = place.devChain === undefined ? await adopt(config, place.rpc) : await deploy(home, place.devChain)
  writeJson(home.path('deployment.json'), { ...made, chainId: made.chainId.toString() })
  return made
}

async function deploy(home: Home, devChain: DevChain): Promise<SavedDeployment> {
  const owner = findOrMakeKey(home, 'owner')
  await devChain.fund(owner.address, ENOUGH)
  const { address, deployBlock } = await deployFlyTrap(devChain.rpc, owner.key)
  // Noted only once a dump holds it: a kill in between leaves a contract that nobody knows, not a home without one.
  await devChain.dump()
  return { chainId: devChain.chainId, contract: address, deployBlock, embedded: true }
}

async function adopt(config: Config, rpc: Rpc): Promise<SavedDeployment> {
  const contract = config.FLYTRAP_CONTRACT
  if (contract === undefined) {
    const remedy = 'Set FLYTRAP_CONTRACT (and FLYTRAP_DEPLOY_BLOCK) to one that is deployed there.'
    throw new CliError('NOT_DEPLOYED', `FLYTRAP_RPC_URL names a chain, but no contract on it is named. ${remedy}`)
  }
  const chainId = await chainIdOf(rpc)
  await assertDeployment(rpc, { chainId, address: contract })
  return { chainId, contract, deployBlock: config.FLYTRAP_DEPLOY_BLOCK, embedded: false }
}

/** One key for each sequence of the log: each proxy's and the gateway's. */
export interface HomeRecorders {
  proxies: NamedKey[]
  gateway: NamedKey
  /** What keeps the gateway from recording, with the remedy: it answers all the same, and shows no evidence. */
  warnings: string[]
}

/**
 * Resolves with the recorders' keys, known to the contract and funded where this home may. Rejects RECORDER_UNKNOWN when
 * the contract does not know a proxy's.
 */
export async function prepareRecorders(
  home: Home,
  deployment: SavedDeployment,
  place: ChainPlace,
  count = 1,
): Promise<HomeRecorders> {
  const proxies = Array.from({ length: count }, (_, i) =>
    keyOf(home, numbered('recorder', i + 1), numbered('journal', i + 1, '.sqlite')),
  )
  const gateway = keyOf(home, 'gateway', 'gateway.sqlite')
  const unknown: NamedKey[] = []
  for (const key of [...proxies, gateway]) {
    await place.devChain?.fund(key.address, ENOUGH)
    if (!(await isKnown(key, deployment, place))) unknown.push(key)
  }
  const send = unknown.length === 0 ? undefined : await ownerCalls(home, deployment, place)
  if (send === undefined) return { proxies, gateway, warnings: adviceFor(unknown, gateway) }
  for (const { address } of unknown) await send('addRecorder', [address]) // the first proxy's is number 1
  await place.devChain?.dump()
  return { proxies, gateway, warnings: [] }
}

/** A new key beside an old journal would be another recorder, and what the journal holds would never reach the chain. */
function keyOf(home: Home, name: string, journal: string): NamedKey {
  const key = findKey(home, name)
  if (key !== undefined || !existsSync(home.path(journal))) return key ?? findOrMakeKey(home, name)
  const remedy = `Restore it. If it is lost for good: npx flytrap recorder stop ADDRESS (npx flytrap recorder list tells it), move ${journal} away, and start again with a new one`
  const what = `${home.path('keys', `${name}.key`)} is missing, but ${journal} belongs to its recorder`
  throw new CliError('KEY_MISSING', `${what}. ${remedy}: nothing was changed.`)
}

async function isKnown({ address }: NamedKey, { contract }: SavedDeployment, { rpc }: ChainPlace): Promise<boolean> {
  const data = await callContract(rpc, { to: contract, data: encodeCall('recorders', [address]) })
  return decodeResult('recorders', data)[1] !== RecorderState.NONE
}

function adviceFor(unknown: readonly NamedKey[], gateway: NamedKey): string[] {
  if (unknown.length === 0) return []
  const lines = unknown.map(({ address }) => `npx flytrap recorder add ${address} --key-file OWNER.key`)
  const remedy = `The contract’s owner adds it, and somebody sends it ETH for gas: ${lines.join(' && ')}`
  if (unknown.some((key) => key !== gateway)) {
    const whose = unknown.length === 1 ? 'recorder' : `${unknown.length} recorders, one a proxy and the gateway’s`
    throw new CliError('RECORDER_UNKNOWN', `The contract does not know this home’s ${whose}. ${remedy}`)
  }
  return [`The contract does not know the gateway’s recorder, so the gateway shows no evidence. ${remedy}`]
}

/** Ties report certificate and contract together, where this home may; elsewhere its reports say "signer not checked". */
export async function prepareSigner(home: Home, deployment: SavedDeployment, place: ChainPlace, signer: FileSigner) {
  const call = { to: deployment.contract, data: encodeCall('reportSigners', [signer.spkiHash]) }
  const [, until] = decodeResult('reportSigners', await callContract(place.rpc, call))
  if (until !== 0) return
  const send = await ownerCalls(home, deployment, place)
  await send?.('setReportSigner', [signer.spkiHash, signer.notBefore, signer.notAfter])
}

type OwnerCall = (name: string, args: readonly unknown[]) => Promise<unknown>

/** Returns how to call as the contract's owner, when its key is in the home. */
async function ownerCalls(
  home: Home,
  { contract }: SavedDeployment,
  place: ChainPlace,
): Promise<OwnerCall | undefined> {
  const owner = findKey(home, 'owner')
  if (owner === undefined || (await brokerOwnerOf(place.rpc, contract)) !== owner.address) return undefined
  await place.devChain?.fund(owner.address, ENOUGH)
  const sender = createSender(place.rpc, owner.key)
  return (name, args) => sender.send({ to: contract as Hex, data: encodeCall(name, args) })
}
