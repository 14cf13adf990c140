/** @module Whether the recorders stand in the contract where their batches end: by proof where there is one, else by a node's word. */
import { decodeResult, encodeCall } from '../../../contracts/abi/calls.ts'
import { deployedCode } from '../../../contracts/abi/deployed-code.ts'
import { quantity } from '../../../contracts/rpc/blocks.ts'
import { type Rpc, RpcError } from '../../../contracts/rpc/json-rpc.ts'
import { fromHex, type Hex, keccak256, toHex } from '../../../domain/bytes.ts'
import type { Folded } from '../evidence/folded.ts'
import type { Findings } from '../findings.ts'
import type { Bundle } from '../format/bundle.ts'
import { type ProvenState, proveState, stateProblem } from './state-proof.ts'

export interface Anchor {
  /** From an explorer, given by whoever verifies. */
  blockHash: string | undefined
  /** A node, and whether the report's block is on its chain. */
  node: { rpc: Rpc; hasBlock: boolean } | undefined
}

/** Returns the proven state where something outside the document vouches for its block. */
export async function checkState(
  { bundle, folded }: { bundle: Bundle; folded: Folded },
  { blockHash, node }: Anchor,
  findings: Findings,
): Promise<ProvenState | undefined> {
  if (blockHash !== undefined && blockHash.toLowerCase() !== bundle.block.hash) {
    findings.failed('recorder-state', `The report is as of block ${bundle.block.hash}, not ${blockHash}.`)
    return undefined
  }
  const state = await proveState(bundle)
  if (typeof state !== 'string') {
    const problem = stateProblem(bundle, folded, state)
    const vouched = blockHash !== undefined || node?.hasBlock === true
    if (problem !== undefined) findings.failed('recorder-state', problem)
    else if (vouched)
      findings.passed(
        'recorder-state',
        'The recorders stand in the contract where their batches end, by proof against the block.',
      )
    else
      findings.notChecked(
        'recorder-state',
        'The state proof fits the bundle; nothing outside the document vouches for its block. Give --block-hash or --rpc.',
      )
    if (blockHash !== undefined && problem === undefined) passByHash(bundle, state, findings)
    return vouched && problem === undefined ? state : undefined
  }
  if (bundle.proof !== null) findings.failed('recorder-state', state)
  else if (node?.hasBlock === true) await askNode(bundle, node.rpc, findings)
  else findings.notChecked('recorder-state', `${state} Give --rpc.`)
  return undefined
}

/**
 * The hash that was given binds more than the recorders: the contract's code is proven too, and it bears the chain id. What a
 * node says of the same stands as well; a failure of either is a failure.
 */
function passByHash({ deployment }: Bundle, state: ProvenState, findings: Findings): void {
  findings.passed('block-on-chain', 'The report is as of the block whose hash was given.')
  const { chainId, contract } = deployment
  const expected = toHex(keccak256(fromHex(deployedCode({ chainId: BigInt(chainId), contract }))))
  findings.check(
    'contract-code',
    state.codeHash === expected ? undefined : 'The contract at this address is not FlyTrap on this chain.',
    'The contract is FlyTrap, by proof against the block.',
  )
  if (state.codeHash === expected) findings.passed('chain-id', 'The contract bears this chain id in its code.')
}

async function askNode(bundle: Bundle, rpc: Rpc, findings: Findings): Promise<void> {
  for (const { recorder, id, batches } of bundle.recorders) {
    const call = { to: bundle.deployment.contract, data: encodeCall('recorders', [recorder]) }
    const answer = await rpc.request<Hex>('eth_call', [call, quantity(bundle.block.number)]).catch((error: unknown) => {
      if (error instanceof RpcError && error.code === 'RPC_ERROR') return undefined
      throw error
    })
    if (answer === undefined) {
      findings.notChecked(
        'recorder-state',
        'The bundle holds no state proof, and the node has forgotten the state of its block.',
      )
      return
    }
    const [, , nextSeq, , , head] = decodeResult('recorders', answer)
    const last = batches.at(-1)
    if (
      Number(nextSeq) !== (last === undefined ? 1 : last.firstSeq + last.count) ||
      (last !== undefined && head !== last.head)
    ) {
      findings.failed(
        'recorder-state',
        `Recorder R${id} stands elsewhere in the contract: batches are missing, or were made up.`,
      )
      return
    }
  }
  findings.passed('recorder-state', 'The recorders stand in the contract where their batches end, by the node.')
}
