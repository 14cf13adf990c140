/** @module The contract of a home: found again, or deployed once on the embedded chain; the recorder and the report signer in it. */
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

/** Resolves with the recorder's key, known to the contract and funded. Rejects RECORDER_UNKNOWN. */
export async function prepareRecorder(home: Home, deployment: SavedDeployment, place: ChainPlace): Promise<NamedKey> {
  const recorder = findOrMakeKey(home, 'recorder')
  const { rpc, devChain } = place
  await devChain?.fund(recorder.address, ENOUGH)
  const data = await callContract(rpc, { to: deployment.contract, data: encodeCall('recorders', [recorder.address]) })
  if (decodeResult('recorders', data)[1] !== RecorderState.NONE) return recorder
  const send = await ownerCalls(home, deployment, place)
  if (send === undefined) {
    const remedy = `The contract’s owner must call addRecorder(${recorder.address}); then start again.`
    throw new CliError('RECORDER_UNKNOWN', `The contract does not know this home’s recorder. ${remedy}`)
  }
  await send('addRecorder', [recorder.address])
  await devChain?.dump()
  return recorder
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
