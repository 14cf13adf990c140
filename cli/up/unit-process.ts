/** @module The process that `more-units.ts` forks: one more proxy on the same ports. It ends when its owner does. */
import { pino } from 'pino'
import { loadConfig } from '../config.ts'
import { type Home, lock, openHome } from '../home/home.ts'
import { startUnit, type Unit, type UnitOrder } from './unit.ts'
import { type UnitAnswers, unitAnswers } from './unit-answers.ts'
import type { FromUnit, ToUnit } from './unit-messages.ts'
import { numbered } from './unit-names.ts'

let starting: Promise<Unit> | undefined
let answers: UnitAnswers | undefined
let dumpedThrough = -1
let unlock = (): void => {}

/** One that lost its owner drains for some seconds, and has the journal until then. */
const PATIENCE_MS = 30_000
const LOOK_MS = 200

const say = (message: FromUnit): void => void process.send?.(message)

/** The owner is gone, or wants us gone: devices are told, what is under way ends, what is decided goes to the chain. */
async function end(): Promise<void> {
  await starting?.then((unit) => unit.stop()).catch(() => {}) // what it was is said, or logged
  unlock()
  process.exit(0)
}
process.once('SIGTERM', end)
process.once('disconnect', end)
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {}) // meant for the owner, who tells us

process.on('message', (message: ToUnit) => {
  if (message.kind === 'dumped') dumpedThrough = message.block
  else if (message.kind === 'start') void start(message.home, message.order)
  else void answer(message)
})

async function start(dir: string, order: UnitOrder): Promise<void> {
  try {
    const home = openHome(dir)
    unlock = await lockWhenFree(home, numbered('proxy', order.number))
    const config = loadConfig(process.env)
    const dest = home.path('logs', numbered('flytrap', order.number, '.log'))
    const destination = pino.destination({ dest, mkdir: true })
    const log = pino({ name: numbered('flytrap', order.number), level: config.FLYTRAP_LOG_LEVEL }, destination)
    // On the embedded chain a record is final only once a dump holds it, of which the owner tells.
    const isBlockSafe = (block: number): boolean => !order.deployment.embedded || block <= dumpedThrough
    starting = startUnit(order, { home, config, log, isBlockSafe })
    const unit = await starting
    answers = unitAnswers(unit)
    say({ kind: 'ready', metrics: unit.metrics })
  } catch (error) {
    say({ kind: 'failed', error: (error as Error).message }) // and the owner ends us
  }
}

async function lockWhenFree(home: Home, part: string): Promise<() => void> {
  for (const end = Date.now() + PATIENCE_MS; ; await new Promise((resolve) => setTimeout(resolve, LOOK_MS))) {
    try {
      return lock(home, part)
    } catch (error) {
      if (Date.now() > end) throw error
    }
  }
}

async function answer({ id, question, given }: Extract<ToUnit, { kind: 'ask' }>): Promise<void> {
  try {
    const ask = answers?.[question] as ((given: unknown) => Promise<unknown>) | undefined
    if (ask === undefined) throw new Error('it has not started yet')
    say({ kind: 'answer', id, found: await ask(given) })
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    say({ kind: 'answer', id, error: { message, code: code ?? 'FAILED' } })
  }
}
