/** @module One recorder in a process of its own: tells when its first CONNECT was allowed, then does what it is told. */
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { Action } from '../../../domain/enums.ts'
import { openRecords, type RecordsOptions } from '../../../records/open-records.ts'
import { accessOfDevice } from './lone.ts'

const IN_FLIGHT = 256
const CONNECTS = 100
const CONNECT_EVERY_MS = 100

const startedAt = performance.now()
const given = JSON.parse(process.argv[2] ?? '') as RecordsOptions
const deployment = { ...given.deployment, chainId: BigInt(given.deployment.chainId) }
const log = pino({ level: 'error' }, pino.destination(2))
const { journal } = await openRecords({ ...given, deployment, log })
const connect = async (): Promise<number> => {
  const askedAt = performance.now()
  await journal.record({ ...accessOfDevice(1), action: Action.CONNECT })
  return performance.now() - askedAt
}
await connect()
process.send?.(performance.now() - startedAt)

process.on('message', (what: number | 'pace') => {
  void (what === 'pace' ? pace() : write(what)).then((answer) => process.send?.(answer))
})

/** Returns the bytes that are in use once the garbage is gone. */
async function write(count: number): Promise<number> {
  let left = count
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async (_, i) => {
      while (left-- > 0) await journal.record(accessOfDevice(i))
    }),
  )
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** Returns the slowest, in milliseconds. */
async function pace(): Promise<number> {
  const waits: Promise<number>[] = []
  for (let i = 0; i < CONNECTS; i++) {
    waits.push(connect())
    await sleep(CONNECT_EVERY_MS)
  }
  return Math.max(...(await Promise.all(waits)))
}
