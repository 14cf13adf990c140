/**
 * @module How many records a second reach the embedded chain while it writes its state to disk, beside what the chain
 * alone takes: the same call data, signed beforehand, each sent once the last one was answered.
 */
import { encodeCall } from '../../../contracts/abi/calls.ts'
import type { Hex } from '../../../domain/bytes.ts'
import type { Records } from '../../../records/port.ts'
import { startTestChain, type TestChain } from '../../support/chain.ts'
import { addTestRecorder, type TestRecorder } from '../../support/records.ts'
import { recordOf } from '../gas/record-batches.ts'
import { type Figure, shown } from './figure.ts'
import { accessOfDevice } from './lone.ts'

const RECORDS = 40_000
const BATCH = 500
const GOAL = 5_000

export async function measureAnchor(): Promise<Figure[]> {
  const it = await startTestChain()
  const alone = await chainAlone(it)
  const recorder = await addTestRecorder(it)
  const records = await recorder.open({
    anchorEveryMs: 3_600_000,
    batchMax: BATCH,
    isBlockSafe: (block) => block <= it.chain.dumpedThrough(),
  })
  await records.flush()
  await Promise.all(Array.from({ length: RECORDS }, (_, i) => records.journal.record(accessOfDevice(i % 100))))
  const { anchored, final } = await drain(it, recorder, records)
  await records.stop()
  await it.stop()
  const beside = `the chain alone, batches of ${BATCH} signed beforehand: ${shown(alone)} /s`
  const unit = 'records/s'
  return [
    {
      name: `anchored, of ${shown(RECORDS)} that wait`,
      value: anchored,
      unit,
      comparedWith: beside,
      goal: { atLeast: GOAL },
    },
    { name: 'final: in a state dump on disk, copied and forgotten', value: final, unit, comparedWith: beside },
  ]
}

async function drain(it: TestChain, { account }: TestRecorder, records: Records) {
  const startedAt = performance.now()
  const perSecond = (): number => (RECORDS / (performance.now() - startedAt)) * 1_000
  const flushed = records.flush(120_000)
  const isDone = async (): Promise<boolean> => Number((await it.read('recorders', [account.address]))[2]) > RECORDS
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 50))
  const anchored = perSecond()
  await flushed
  return { anchored, final: perSecond() }
}

/** Returns records a second of a recorder that has no journal and nothing to compute. */
async function chainAlone(it: TestChain): Promise<number> {
  const { sender, address } = await it.account()
  await it.call('addRecorder', [address])
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  const accounts = await Promise.all([1, 2, 3].map(() => it.account()))
  const bytes = Buffer.concat(Array.from({ length: BATCH }, (_, i) => recordOf(accounts, i)))
  const at = Math.floor(Date.now() / 1_000) - 1
  const fees = { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 1n }
  const signed = Array.from({ length: RECORDS / BATCH }, (_, nonce) => {
    const data = encodeCall('recordBatch', [BigInt(nonce * BATCH + 1), bytes, `0x${'ab'.repeat(32)}`, at, at])
    return sender.sign({ to: it.contract.address, data, nonce, chainId: it.chain.chainId, gas: 3_000_000n, ...fees })
  })
  const startedAt = performance.now()
  for (const transaction of signed) await it.chain.rpc.request<Hex>('eth_sendRawTransaction', [transaction])
  while (Number((await it.read('recorders', [address]))[2]) <= RECORDS)
    await new Promise((resolve) => setTimeout(resolve, 10))
  return (RECORDS / (performance.now() - startedAt)) * 1_000
}
