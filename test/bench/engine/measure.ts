/** @module What engine and Graph Node need for the same chain, each from nothing. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ENGINE_FLAGS } from '../../../subgraph/engine/flags.ts'
import { startGraphNode } from '../../support/graph-node.ts'
import { startPostgres } from '../../support/postgres.ts'
import { BATCH, type RecordedWorld } from './chain.ts'

export interface Indexed {
  records: number
  seconds: number
  perSecond: number
  /** Megabytes of 10^6 bytes. */
  peakMb: number
  /** Of the processor, on all threads. */
  cpuSeconds?: number
  /** On disk. */
  mb?: number
}

/** The engine, in a process of its own: from opening an empty file to the head. */
export async function measureEngine({ world }: RecordedWorld): Promise<Indexed> {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-bench-engine-'))
  const dbPath = join(dir, 'history.sqlite')
  const order = JSON.stringify({ rpcUrl: world.url, contract: world.contract, dbPath })
  const script = join(import.meta.dirname, 'engine-process.ts')
  // Not waited for with the thread: the chain's output has to be read meanwhile.
  const { stdout } = await promisify(execFile)(process.execPath, [...ENGINE_FLAGS, script, order])
  const told = JSON.parse(stdout) as { seconds: number; records: number; peakKib: number; cpuSeconds: number }
  const { seconds, records, peakKib, cpuSeconds } = told
  const mb = statSync(dbPath).size / 1e6
  rmSync(dir, { recursive: true, force: true })
  return { records, seconds, perSecond: records / seconds, peakMb: (peakKib * 1_024) / 1e6, cpuSeconds, mb }
}

interface Meta {
  _meta: { block: { number: number } }
}

/**
 * Graph Node over PostgreSQL. Its start is not counted: the clock runs from the first look at which it had indexed records,
 * and counts the records after those.
 */
export async function measureGraphNode(
  { world, emptyThrough }: RecordedWorld,
  binaries: { graphNode: string; postgres: string },
  records: number,
): Promise<Indexed> {
  const postgres = await startPostgres(binaries.postgres)
  const place = { rpcUrl: world.url, contract: world.contract, startBlock: 1 }
  const graphNode = await startGraphNode({ binary: binaries.graphNode, postgresUrl: postgres.url, ...place })
  try {
    const indexed = async (): Promise<number> => {
      const { _meta } = await graphNode.ask<Meta>('{ _meta { block { number } } }')
      return Math.max(0, _meta.block.number - emptyThrough) * BATCH
    }
    const pause = (): Promise<void> => new Promise((done) => setTimeout(done, 20))
    let first = await indexed()
    for (; first === 0; first = await indexed()) await pause()
    if (first >= records) throw new Error('Graph Node was done before it was looked at: give it more records')
    const startedAt = performance.now()
    while ((await indexed()) < records) await pause()
    const seconds = (performance.now() - startedAt) / 1_000
    const counted = records - first
    return { records: counted, seconds, perSecond: counted / seconds, peakMb: peakOf(graphNode.pid) }
  } finally {
    await graphNode.stop()
    await postgres.stop()
  }
}

/** Of Graph Node itself; PostgreSQL's is not counted. */
function peakOf(pid: number): number {
  const kib = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return (Number(kib ?? 0) * 1_024) / 1e6
}
