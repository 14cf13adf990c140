/**
 * @module Dumps the embedded chain's state in a thread of its own: to read, unpack and sync it takes longer than a packet may
 * wait. Each message asks for one dump; the answer is the block that it surely holds, or what went wrong.
 */
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { createRpc } from '../rpc/json-rpc.ts'
import { writeState } from './state-file.ts'

export interface DumpPlace {
  url: string
  stateFile: string
}

export type Dumped = { through: number } | { error: string }

if (process.platform === 'linux') setPriority(10) // of this thread alone: packets go first
const { url, stateFile } = workerData as DumpPlace
const rpc = createRpc(url)

parentPort?.on('message', () => {
  const tell = (dumped: Dumped): void => parentPort?.postMessage(dumped)
  dump().then(
    (through) => tell({ through }),
    (error: Error) => tell({ error: error.message }),
  )
})

async function dump(): Promise<number> {
  // The height is read first: the dump holds at least this block.
  const through = Number(await rpc.request<string>('eth_blockNumber'))
  writeState(stateFile, await rpc.request<string>('anvil_dumpState', [false]))
  return through
}
