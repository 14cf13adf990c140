/**
 * @module One recorder under traffic, in a process that may be killed at any instant. What it tells goes out at once, a
 * line each, so that a kill loses nothing of what was told: `t id` an access is asked for, `a id seq` it may happen, `w id`
 * a use of a window may happen, `n id` an announced one, `x id` that one was called off, `d id seq` one was denied, `r id
 * code` nothing could be recorded of it, so it may not happen. `q hash` a report is to be anchored, `i hash` it will be.
 */
import { appendFileSync, readFileSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { keccak256, toHex, utf8 } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome, ReportKind } from '../../domain/enums.ts'
import { type CrashPoint, watchCrashPoints } from '../../records/crash-points.ts'
import { openRecords, type RecordsOptions } from '../../records/open-records.ts'
import type { Access, Records } from '../../records/port.ts'

/** What the parent hands over, as JSON in the first argument. */
export interface RecorderOrder {
  options: Omit<RecordsOptions, 'deployment' | 'log' | 'capture' | 'isBlockSafe'> & {
    deployment: { chainId: string; contract: `0x${string}` }
  }
  /** Names what this run of the process does. */
  run: string
  everyMs: number
  /** Holds the highest block that a dump of the chain has; absent where the chain loses nothing. */
  dumpedFile?: string
  crashAt?: { point: CrashPoint; nth: number }
  logFile?: string
}

const order = JSON.parse(process.argv[2] ?? '') as RecorderOrder
const MOST_WAITING = 64
const USES_OF_A_WINDOW = 20
const WINDOW_MS = 500

function tell(line: string): void {
  const bytes = Buffer.from(`${line}\n`)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}

const accessOf = (id: string, more: Partial<Access> = {}): Access => ({
  action: Action.CONNECT,
  outcome: Outcome.ALLOWED,
  denialReason: DenialReason.NONE,
  account: `0x${'ab'.repeat(20)}`,
  topicId: `0x${'00'.repeat(32)}`,
  grantId: 0,
  evidence: { clientId: id },
  ...more,
})

let waiting = 0
let isEnding = false

/** One access: it may happen when this resolves. */
async function ask(id: string, work: () => Promise<string>): Promise<void> {
  waiting++
  tell(`t ${id}`)
  try {
    tell(await work())
  } catch (error) {
    tell(`r ${id} ${(error as { code?: string }).code ?? (error as Error).message}`)
  } finally {
    waiting--
  }
}

function accessNow({ journal }: Records, i: number): Promise<void> {
  const id = `${order.run}.${i}`
  if (i % 4 === 1) {
    const stream = Math.floor(i / (4 * USES_OF_A_WINDOW))
    const name = `${order.run}.w${stream}`
    const access = accessOf(name, { action: Action.PUBLISH, connectionId: stream })
    return ask(name, async () => {
      await journal.window(access, { name, bytes: 1, qos: 0 }).durable
      return `w ${name}`
    })
  }
  if (i % 16 === 3)
    return ask(id, async () => {
      const access = accessOf(id, { action: Action.WILL })
      const announced = await journal.announce(access, { name: 'will', bytes: 1, qos: 0 })
      tell(`n ${id}`)
      await sleep(20)
      const isDropped = i % 32 === 3
      announced.settle(isDropped ? 'dropped' : 'happened')
      return isDropped ? `x ${id}` : `s ${id}`
    })
  if (i % 16 === 7)
    return ask(id, async () => {
      const denied = accessOf(id, { outcome: Outcome.DENIED, denialReason: DenialReason.NO_GRANT })
      return `d ${id} ${(await journal.record(denied)).seq}`
    })
  return ask(id, async () => `a ${id} ${(await journal.record(accessOf(id))).seq}`)
}

/** A report now and then, the first at once: a kill at its places waits for one. */
const EVERY_REPORT = 64

async function issueNow(records: Records, i: number): Promise<void> {
  const reportHash = toHex(keccak256(utf8(`${order.run}.${i}`)))
  tell(`q ${reportHash}`)
  try {
    await records.issueReport({ reportHash, kind: ReportKind.TOPIC_ACCESS })
    tell(`i ${reportHash}`)
  } catch {
    // The disk does not take it: it was not promised.
  }
}

async function main(): Promise<void> {
  const { options, crashAt, dumpedFile, logFile } = order
  let passed = 0
  watchCrashPoints((point) => {
    if (crashAt?.point === point && ++passed === crashAt.nth) process.kill(process.pid, 'SIGKILL')
  })
  const log = pino({ level: 'warn' }, { write: (text: string) => void (logFile && appendFileSync(logFile, text)) })
  const records = await openRecords({
    ...options,
    deployment: { ...options.deployment, chainId: BigInt(options.deployment.chainId) },
    capture: ({ action, evidence }) => ({
      windowMs: action === Action.PUBLISH ? WINDOW_MS : 0,
      isSealed: evidence.clientId?.endsWith('7') === true,
    }),
    isBlockSafe: (block) => dumpedFile === undefined || block <= Number(readFileSync(dumpedFile, 'utf8')),
    log,
  })
  tell('ready')
  process.stdin.on('data', (chunk) => void obey(records, chunk.toString().trim()))
  for (let i = 0; !isEnding; i++) {
    if (waiting < MOST_WAITING) void accessNow(records, i)
    if (i % EVERY_REPORT === 0) void issueNow(records, i)
    await sleep(order.everyMs)
  }
}

async function obey(records: Records, word: string): Promise<void> {
  if (word === 'flush') return tell(await flush(records))
  isEnding = true
  while (waiting > 0) await sleep(10)
  while ((await flush(records)) !== 'flushed') await sleep(100)
  while (records.status().issues.waiting > 0) await sleep(100)
  await records.stop()
  tell('ended')
  process.exit(0)
}

const flush = (records: Records): Promise<string> =>
  records.flush(10_000).then(
    () => 'flushed',
    (error: Error) => `unflushed ${error.message}`,
  )

await main()
