/**
 * @module `flytrap check` over a million records on chain: seconds and memory, of a process of its own; beside it, what a
 * tenth of the records takes, and the chain's events read and nothing else. Of the tenth also with its evidence in PostgreSQL.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readEvents } from '../../../contracts/rpc/logs.ts'
import { openEvidenceStore } from '../../../records/store/open-store.ts'
import { startTestChain, type TestChain } from '../../support/chain.ts'
import { findPostgres, startPostgres } from '../../support/postgres.ts'
import { addTestRecorder, type TestRecorder } from '../../support/records.ts'
import type { Checked, CheckOrder } from './check-process.ts'
import { type Figure, shown } from './figure.ts'
import { accessOfDevice } from './lone.ts'

const RECORDS = 1_000_000
const TENTH = RECORDS / 10
const STEP = 20_000
const BATCH = 500
const FLUSH_MS = 600_000

export async function measureCheck(): Promise<Figure[]> {
  const it = await startTestChain()
  const recorder = await addTestRecorder(it)
  await record(recorder, TENTH)
  const tenth = await checkIn(it, recorder, recorder.options.evidencePath)
  const postgres = await checkInPostgres(it, recorder)
  await record(recorder, RECORDS - TENTH)
  const all = await checkIn(it, recorder, recorder.options.evidencePath)
  const logs = await secondsOfLogs(it)
  await it.stop()
  const events = `; the chain’s events alone, all of them: ${shown(logs)} s`
  return [
    ...figures('', all, { beside: tenth, events }),
    ...(postgres === undefined ? [] : figures(', evidence in PostgreSQL', postgres, { beside: tenth, events: '' })),
  ]
}

function figures(where: string, found: Checked, { beside, events }: { beside: Checked; events: string }): Figure[] {
  const smaller = `${shown(beside.records)} records, evidence in SQLite`
  return [
    {
      name: `check of ${shown(found.records)} records${where}`,
      value: found.seconds,
      unit: 's',
      comparedWith: `${smaller}: ${shown(beside.seconds)} s${events}`,
    },
    {
      name: `the most memory resident meanwhile${where}`,
      value: found.mebibytes,
      unit: 'MiB',
      comparedWith: `${smaller}: ${shown(beside.mebibytes)} MiB`,
    },
  ]
}

/** Records so many, and waits until all are final: their evidence is in the store, the journal has forgotten them. */
async function record({ open }: TestRecorder, count: number): Promise<void> {
  const records = await open({ batchMax: BATCH, anchorEveryMs: 3_600_000 })
  for (let done = 0; done < count; done += STEP) {
    await Promise.all(Array.from({ length: STEP }, (_, i) => records.journal.record(accessOfDevice(i % 100))))
    await records.flush(FLUSH_MS)
  }
  await records.stop()
}

async function checkIn({ chain, contract }: TestChain, { options }: TestRecorder, evidence: string): Promise<Checked> {
  const order: CheckOrder = {
    rpcUrl: chain.url,
    deployment: { chainId: chain.chainId.toString(), contract: contract.address },
    ...{ journal: options.journalPath, evidence },
  }
  const script = join(import.meta.dirname, 'check-process.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(order)])
  return JSON.parse(stdout) as Checked
}

/** The same evidence, copied. */
async function checkInPostgres(it: TestChain, recorder: TestRecorder): Promise<Checked | undefined> {
  const native = findPostgres()
  if (native === undefined) return undefined
  const server = await startPostgres(native)
  const [from, to] = [await openEvidenceStore(recorder.options.evidencePath), await openEvidenceStore(server.url)]
  const [recorderId] = (await it.read('recorders', [recorder.account.address])) as [number]
  for (let seq = 1; ; ) {
    const batch = await from.batch(recorderId, seq)
    if (batch === undefined) break
    await to.put(batch)
    seq += batch.length
  }
  from.close()
  to.close()
  const checked = await checkIn(it, recorder, server.url)
  await server.stop()
  return checked
}

async function secondsOfLogs({ chain, contract }: TestChain): Promise<number> {
  const startedAt = performance.now()
  const toBlock = Number(await chain.rpc.request<string>('eth_blockNumber'))
  for await (const _events of readEvents(chain.rpc, { address: contract.address, fromBlock: 0, toBlock })) {
    // that they were read is all
  }
  return (performance.now() - startedAt) / 1_000
}
