/** @module What chain and gateway say of a receipt. The chain is asked alone; the gateway's word is checked against it. */
import { z } from 'zod'
import { decodeResult, encodeCall } from '../../contracts/abi/calls.ts'
import { type Block, getBlock, quantity } from '../../contracts/rpc/blocks.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import { callContract } from '../../contracts/rpc/transact.ts'
import type { SequencedRecord } from '../../domain/access-record.ts'
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import { unpackAccess } from '../../domain/packed.ts'
import type { SignedReceipt } from '../../domain/receipt.ts'
import { type Deployment, receiptDigest } from '../../domain/typed-data.ts'
import { recoverSigner } from '../../proxy/identity/recover.ts'
import { CliError } from '../errors.ts'
import type { HoldingBatch, SignerOnChain, ToldInclusion } from './judge.ts'

export interface ReceiptPlace {
  rpc: Rpc
  deployment: Deployment
  deployBlock: number
}

export interface OnChain {
  signer: SignerOnChain | undefined
  batch: HoldingBatch | undefined
  /** The record that stands at the sequence, as anybody sees it. */
  record: SequencedRecord | undefined
}

/** Rejects RpcError. */
export async function askChain(place: ReceiptPlace, receipt: SignedReceipt): Promise<OnChain> {
  const { rpc, deployment } = place
  const recorder = recoverSigner(receiptDigest(deployment, receipt), receipt.signature)
  if (recorder === undefined) return { signer: undefined, batch: undefined, record: undefined }
  const { number, timestamp } = await blockAt(rpc, 'latest')
  const call = { to: deployment.contract, data: encodeCall('recorders', [recorder]) }
  const [id, state, nextSeq] = decodeResult('recorders', await callContract(rpc, call, quantity(number)))
  const signer = { recorderId: Number(id), state: Number(state), nextSeq: Number(nextSeq), chainTime: timestamp }
  if (signer.nextSeq <= receipt.seq) return { signer, batch: undefined, record: undefined }
  return { signer, ...(await findRecord(place, { recorder, head: number, receipt })) }
}

async function blockAt(rpc: Rpc, at: number | 'latest'): Promise<Block> {
  const block = await getBlock(rpc, at)
  if (block !== undefined) return block
  throw new CliError('BLOCK_NOT_FOUND', `The node has no block ${at}. Wait until it has caught up, or ask another.`)
}

interface Wanted {
  recorder: Address
  head: number
  receipt: SignedReceipt
}

async function findRecord(place: ReceiptPlace, wanted: Wanted): Promise<Omit<OnChain, 'signer'>> {
  const { rpc, deployment, deployBlock } = place
  const { recorder, head, receipt } = wanted
  const address = deployment.contract
  const indexed = [`0x${'00'.repeat(12)}${recorder.slice(2)}` as const]
  const range = { address, fromBlock: deployBlock, toBlock: head, names: ['Batch'] as const, indexed }
  for await (const events of readEvents(rpc, range)) {
    for (const event of events) {
      if (event.name !== 'Batch') continue
      const { firstSeq, count, evidenceRoot } = event.args
      const first = Number(firstSeq)
      if (receipt.seq < first || receipt.seq >= first + count) continue
      const { blockNumber } = event.log
      const { timestamp } = await blockAt(rpc, blockNumber)
      const batch = { firstSeq: first, count, evidenceRoot, minedAt: timestamp }
      return { batch, record: await recordIn(place, blockNumber, receipt) }
    }
  }
  // The contract's state says that it was reached: without its batch nothing may be concluded.
  const remedy = 'Ask another node, or look from the deployment on: --from-block 0'
  throw new CliError('BATCH_NOT_FOUND', `The node shows no batch with sequence ${receipt.seq}. ${remedy}`)
}

async function recordIn({ rpc, deployment }: ReceiptPlace, block: number, { recorderId, seq }: SignedReceipt) {
  const range = { address: deployment.contract, fromBlock: block, toBlock: block, names: ['Access'] as const }
  for await (const events of readEvents(rpc, range)) {
    for (const event of events) {
      if (event.name !== 'Access') continue
      const record = unpackAccess(event.args.account, event.args.topicId, event.args.packed)
      if (record.recorderId === recorderId && record.seq === BigInt(seq)) return record
    }
  }
  return undefined
}

const QUESTION = `query Leaf($recorder: BigInt!, $sequence: BigInt!) {
  inclusion(recorder: $recorder, sequence: $sequence) { leaf path }
}`
const hex32 = z.string().regex(/^0x[0-9a-f]{64}$/)
const Answer = z.object({ data: z.object({ inclusion: z.object({ leaf: hex32, path: z.array(hex32).max(32) }) }) })
const ANSWER_MS = 15_000

/** Resolves with the leaf that the gateway tells, or with why it tells none: anything but a proof is a refusal. */
export async function askLeaf(
  gateway: string,
  { recorderId, seq }: SignedReceipt,
): Promise<{ told: ToldInclusion | undefined; why: string }> {
  const variables = { recorder: String(recorderId), sequence: String(seq) }
  try {
    const answer = await fetch(new URL('/graphql', gateway), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: QUESTION, variables }),
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const text = await answer.text()
    const parsed = Answer.safeParse(JSON.parse(text))
    if (!parsed.success) return { told: undefined, why: `it answers ${text.slice(0, 200)}` }
    const { leaf, path } = parsed.data.data.inclusion
    return { told: { leaf: leaf as Bytes32, path: path as Bytes32[] }, why: '' }
  } catch (error) {
    return { told: undefined, why: (error as Error).message }
  }
}
