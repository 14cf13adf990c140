import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Address, Bytes32, Hex } from '../../domain/bytes.ts'
import { sha256, toHex } from '../../domain/bytes.ts'
import { proveRecorder } from '../../reports/verify/chain/contract-proof.ts'
import type { BundleProof } from '../../reports/verify/format/bundle.ts'
import { pickHeader } from '../../reports/verify/header.ts'
import { recorderSlots } from '../../reports/verify/storage.ts'
import { startTestChain, type TestChain } from '../support/chain.ts'

let it: TestChain
let recorder: Address
let header: Record<string, string>
let blockHash: Bytes32

const proofOf = async (contract: Address, slots: readonly Hex[]): Promise<BundleProof> =>
  (await it.chain.rpc.request('eth_getProof', [contract, slots, 'latest'])) as BundleProof

/** As the node told it, for a test to forge. */
const honest = (): Promise<BundleProof> => proofOf(it.contract.address, recorderSlots(recorder))
const where = () => ({ blockHash, header, contract: it.contract.address, recorder })

beforeAll(async () => {
  it = await startTestChain()
  const { address, sender } = await it.account()
  recorder = address
  await it.call('addRecorder', [recorder])
  const [, , , added] = (await it.read('recorders', [recorder])) as [number, number, bigint, number]
  const batch = [1n, `0x${'5a'.repeat(144)}`, toHex(sha256(new Uint8Array())), added, added]
  await it.call('recordBatch', batch, sender)
  const block = (await it.chain.rpc.request('eth_getBlockByNumber', ['latest', false])) as Record<string, unknown>
  header = pickHeader(block)
  blockHash = block.hash as Bytes32
})
afterAll(() => it.stop())

describe('a recorder’s state', () => {
  test('is proven from the block’s hash alone: header, account, slots', async () => {
    const [id, state, nextSeq, through, builtAt, head] = await it.read('recorders', [recorder])
    const proven = await proveRecorder(await honest(), where())
    expect(proven).toEqual({ id, state, nextSeq: Number(nextSeq), through, builtAt, retiredAt: 0, head })
    expect(proven.nextSeq).toBe(3)
  })

  test('is proven zero for one that was never added', async () => {
    const stranger = it.owner.address
    const proof = await proofOf(it.contract.address, recorderSlots(stranger))
    expect(await proveRecorder(proof, { ...where(), recorder: stranger })).toMatchObject({
      id: 0,
      state: 0,
      nextSeq: 0,
    })
  })

  test('is refused where a slot’s value was forged', async () => {
    const proof = await honest()
    const forged = proof.storageProof.map((slot, i) => (i === 0 ? { ...slot, value: '0x1' } : slot))
    for (const storageProof of [forged, forged.map((slot) => ({ ...slot, value: 'seven' }))]) {
      await expect(proveRecorder({ ...proof, storageProof }, where())).rejects.toMatchObject({ code: 'SLOT_FORGED' })
    }
  })

  test('is refused where a slot’s proof was changed, exchanged or left out', async () => {
    const proof = await honest()
    const [packed, head] = proof.storageProof
    const changed = { ...packed!, proof: packed!.proof.map((node) => `${node.slice(0, -2)}00` as Hex) }
    const broken = { ...proof, storageProof: [changed, head!] }
    await expect(proveRecorder(broken, where())).rejects.toMatchObject({ code: 'SLOT_NOT_PROVEN' })
    const exchanged = { ...proof, storageProof: [{ ...packed!, key: head!.key }, head!] }
    await expect(proveRecorder(exchanged, where())).rejects.toMatchObject({ name: 'StateProofError' })
    const short = { ...proof, storageProof: [packed!] }
    await expect(proveRecorder(short, where())).rejects.toMatchObject({ code: 'SLOT_MISSING' })
  })

  test('is refused from another contract’s proof', async () => {
    const proof = await proofOf(it.owner.address, recorderSlots(recorder))
    await expect(proveRecorder(proof, where())).rejects.toMatchObject({ code: 'ACCOUNT_NOT_PROVEN' })
  })

  test('is refused under a changed header, and under another block’s', async () => {
    const changed = { ...header, stateRoot: toHex(sha256(new Uint8Array())) }
    const refused = proveRecorder(await honest(), { ...where(), header: changed })
    await expect(refused).rejects.toMatchObject({ code: 'HEADER_CHANGED' })
    const first = (await it.chain.rpc.request('eth_getBlockByNumber', ['0x1', false])) as Record<string, unknown>
    const other = { ...where(), header: pickHeader(first), blockHash: first.hash as Bytes32 }
    await expect(proveRecorder(await honest(), other)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_PROVEN' })
  })
})
