/**
 * @module What one message's share of gas is: 100 devices, one message a second each, at the default windows, through
 * the real recorder; and the bad cases. The clock of recorder and chain is moved on instead of waiting.
 */
import type { Capture, Records } from '../../../records/port.ts'
import { startTestChain, type TestChain } from '../../support/chain.ts'
import { addTestRecorder } from '../../support/records.ts'
import { type Figure, shown } from './figure.ts'
import { accessOfDevice } from './lone.ts'

/** Gas for each message in the 2020 contract (DESIGN section 3). */
const IN_2020 = 28_878
const GOAL = 15
const QUARTER = 15 * 60

interface Case {
  name: string
  devices: number
  /** How long each sends one message a second. */
  seconds: number
  windowSeconds: number
  goal?: Figure['goal']
}

const CASES: readonly Case[] = [
  {
    name: '100 devices, windows of 15 min (default)',
    devices: 100,
    seconds: QUARTER,
    windowSeconds: QUARTER,
    goal: { atMost: GOAL },
  },
  { name: '100 devices, windows of 10 s (the embedded home)', devices: 100, seconds: 10, windowSeconds: 10 },
  { name: '100 devices, each message its own record', devices: 100, seconds: 10, windowSeconds: 0 },
  { name: 'one device alone, windows of 15 min', devices: 1, seconds: QUARTER, windowSeconds: QUARTER },
  { name: 'a sleeper that wakes alone in its batch for one message', devices: 1, seconds: 1, windowSeconds: QUARTER },
]

export async function measureGasShare(): Promise<Figure[]> {
  const it = await startTestChain()
  const figures: Figure[] = []
  for (const one of CASES) figures.push(await shareOf(it, one))
  await it.stop()
  return figures
}

async function shareOf(it: TestChain, { name, devices, seconds, windowSeconds, goal }: Case): Promise<Figure> {
  const recorder = await addTestRecorder(it)
  const ahead = { seconds: await secondsAhead(it) }
  const capture = (): Capture => ({ windowMs: windowSeconds * 1_000, isSealed: false })
  const clock = (): number => Date.now() + ahead.seconds * 1_000
  const records = await recorder.open({ anchorEveryMs: 3_600_000, capture, clock })
  await records.flush()
  const before = records.status().spending.lastHourGas
  for (let second = 0; second < seconds; second++) {
    if (second > 0) ahead.seconds++
    await sendAll(records, devices)
  }
  await it.chain.rpc.request('evm_increaseTime', [seconds])
  await it.chain.rpc.request('anvil_mine', ['0x1'])
  const { records: count } = await records.flush()
  const gas = records.status().spending.lastHourGas - before
  await records.stop()
  const messages = devices * seconds
  const comparedWith = `${shown(messages)} messages, ${count} records, ${shown(gas)} gas; 2020: ${shown(IN_2020)} each`
  return { name, value: gas / messages, unit: 'gas a message', comparedWith, ...(goal === undefined ? {} : { goal }) }
}

async function sendAll({ journal }: Records, devices: number): Promise<void> {
  const uses = Array.from({ length: devices }, (_, i) =>
    journal.window(accessOfDevice(i), { name: `home/${i}/temperature`, bytes: 64, qos: 0 }),
  )
  await Promise.all(uses.map(({ durable }) => durable))
}

/** The chain's time after an earlier case moved it on. */
async function secondsAhead(it: TestChain): Promise<number> {
  await it.chain.rpc.request('anvil_mine', ['0x1'])
  const { timestamp } = await it.chain.rpc.request<{ timestamp: string }>('eth_getBlockByNumber', ['latest', false])
  return Math.max(0, Number(timestamp) - Math.floor(Date.now() / 1_000))
}
