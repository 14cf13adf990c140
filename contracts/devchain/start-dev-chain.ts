/**
 * @module The embedded chain: anvil as a child, its state kept on disk. Its operator can rewrite it; reports say so. A
 * hard kill loses at most what was mined since the last dump: to the recorder that is a reorg.
 */
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { quantity } from '../rpc/blocks.ts'
import { createRpc, type Rpc } from '../rpc/json-rpc.ts'
import { endOrphan, findAnvil, spawnAnvil } from './anvil.ts'
import { catchUp } from './clock.ts'
import type { DumpPlace } from './dump-worker.ts'
import { createDumper } from './dumper.ts'
import { assertStateReadable } from './state-file.ts'

export const DEV_CHAIN_ID = 31_337n

export interface DevChain {
  readonly url: string
  readonly chainId: bigint
  readonly port: number
  readonly rpc: Rpc
  /** Sets an account's balance in wei: development ETH is free. */
  fund(address: string, wei: bigint): Promise<void>
  /** The highest block that a dump on disk holds, fsynced; -1 before the first. */
  dumpedThrough(): number
  /** Writes the state now. Resolves when durable. */
  dump(): Promise<void>
  /** Resolves when anvil ended by itself. */
  readonly exited: Promise<number | null>
  stop(): Promise<void>
}

export interface DevChainOptions {
  dir: string
  port: number
  log: Logger
}

/** Dump after changes, and at most a tenth of the time. */
const LOOK_MS = 250
const SHARE_OF_TIME = 10

/** Starts the embedded chain of `dir`, going on where its last dump stands. Rejects AnvilError or StateFileError. */
export async function startDevChain({ dir, port, log }: DevChainOptions): Promise<DevChain> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const stateFile = join(dir, 'anvil-state.json')
  const pidFile = join(dir, 'anvil.pid')
  await endOrphan(pidFile)
  const loadState = assertStateReadable(stateFile) ? stateFile : undefined
  const onLine = (line: string): void => log.trace({ line }, 'anvil')
  const child = await spawnAnvil({ binary: findAnvil(), port, loadState, pidFile, onLine })
  const url = `http://127.0.0.1:${port}`
  const rpc = createRpc(url)
  await catchUp(rpc).catch((error: unknown) => log.warn({ err: error }, 'embedded chain’s clock not looked at'))
  const keeper = keepDumping({ rpc, url, stateFile, log })
  return {
    url,
    rpc,
    port,
    chainId: DEV_CHAIN_ID,
    exited: new Promise((resolve) => child.once('exit', resolve)),
    dumpedThrough: keeper.dumpedThrough,
    dump: keeper.dump,
    fund: (address, wei) => rpc.request('anvil_setBalance', [address, quantity(wei)]),
    async stop() {
      await keeper.stop()
      await endChild(child)
      rmSync(pidFile, { force: true })
    },
  }
}

interface Keeper {
  dumpedThrough(): number
  dump(): Promise<void>
  stop(): Promise<void>
}

function keepDumping({ rpc, log, ...place }: { rpc: Rpc; log: Logger } & DumpPlace): Keeper {
  const dumper = createDumper(place)
  let dumped = -1
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  const height = async (): Promise<number> => Number(await rpc.request<string>('eth_blockNumber'))
  const dumpNow = async (): Promise<void> => {
    dumped = await dumper.dump()
  }
  /** One dump at a time; a call during one gets the next, which surely holds what the caller saw. */
  const dump = (): Promise<void> => {
    running = (running ?? Promise.resolve()).catch(() => undefined).then(dumpNow)
    return running
  }
  const look = async (): Promise<void> => {
    const startedAt = performance.now()
    try {
      if ((await height()) !== dumped) await dump()
    } catch (error) {
      if (!stopped) log.warn({ err: error }, 'embedded chain state not written, trying again')
    }
    const pause = Math.max(LOOK_MS, (performance.now() - startedAt) * (SHARE_OF_TIME - 1))
    if (!stopped) timer = setTimeout(look, pause)
  }
  timer = setTimeout(look, LOOK_MS)
  return {
    dumpedThrough: () => dumped,
    dump,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await dump().catch((error: unknown) => log.warn({ err: error }, 'embedded chain state not written at the end'))
      await dumper.end()
    },
  }
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await ended
  clearTimeout(hard)
}
