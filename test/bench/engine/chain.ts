/** @module A chain with many access records, made with the real contract: a batch of 500 in each block, as proxies write. */
import { randomBytes } from 'node:crypto'
import { encodeCall } from '../../../contracts/abi/calls.ts'
import { quantity } from '../../../contracts/rpc/blocks.ts'
import { createRpc, type Rpc } from '../../../contracts/rpc/json-rpc.ts'
import { type Hex, toHex } from '../../../domain/bytes.ts'
import { startWorld, type World } from '../../contracts/differential/world.ts'

export interface RecordedWorld {
  world: World
  rpc: Rpc
  /** The last block that holds no record. */
  emptyThrough: number
  /** Writes so many more. */
  write(records: number, onProgress?: (written: number) => void): Promise<void>
}

export const BATCH = 500
const KEY = `0x${'1'.padStart(64, '0')}` as const
const GAS = quantity(16_000_000)
const ACCOUNTS = Array.from({ length: 2_000 }, () => randomBytes(20))
const TOPICS = Array.from({ length: 200 }, () => randomBytes(32))

export async function startRecordedWorld(): Promise<RecordedWorld> {
  const world = await startWorld([KEY])
  const from = world.accounts[0]!.address
  await world.mine([{ name: 'addRecorder', args: [from], from }], 1)
  const rpc = createRpc(world.url)
  let next = 1
  return {
    world,
    rpc,
    emptyThrough: Number(await rpc.request<Hex>('eth_blockNumber')),
    async write(records, onProgress) {
      for (const end = next + records; next < end; next += BATCH) {
        const args = [BigInt(next), batchFrom(next), `0x${'22'.repeat(32)}`, world.time, world.time]
        const data = encodeCall('recordBatch', args)
        await rpc.request('eth_sendTransaction', [{ from, to: world.contract, data, gas: GAS }])
        await rpc.request('evm_mine')
        onProgress?.(next + BATCH - 1)
      }
    },
  }
}

function batchFrom(first: number): Hex {
  const bytes = Buffer.alloc(72 * BATCH)
  for (let i = 0; i < BATCH; i++) {
    const [at, sequence] = [72 * i, first + i]
    ACCOUNTS[(sequence * 7_919) % ACCOUNTS.length]?.copy(bytes, at)
    TOPICS[(sequence * 104_729) % TOPICS.length]?.copy(bytes, at + 20)
    bytes[at + 52] = 3 + (sequence % 3) // SUBSCRIBE, PUBLISH, DELIVER
    bytes.writeUInt32BE(1_700_000_000 + sequence, at + 57) // firstAt, its low bytes
    bytes[at + 66] = 1 // count
    bytes[at + 71] = 1 + (sequence % 200) // grantId
  }
  return toHex(bytes)
}
