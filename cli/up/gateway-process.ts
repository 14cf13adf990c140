/** @module The process that `gateway.ts` forks: queries cost packets nothing. It ends when its owner does. */
import { pino } from 'pino'
import { type Gateway, startGateway } from '../../gateway/start-gateway.ts'
import type { GatewayAnswer, GatewayMessage, GatewayOrder, GatewayQuestion, GatewayReply } from './gateway-messages.ts'
import { untilIssued } from './until-issued.ts'

let gateway: Gateway | undefined
let dumpedThrough = -1

/** The owner is gone, or wants us gone: also while the first index is still being made. */
const end = (): void => {
  const stopped = gateway?.stop() ?? Promise.resolve()
  stopped.finally(() => process.exit(0))
}
process.once('SIGTERM', end)
process.once('disconnect', end)
process.on('SIGINT', () => {}) // Ctrl-C reaches the whole group: the owner ends us in its turn

const reply = (message: GatewayReply): void => void process.send?.(message)

process.on('message', (message: GatewayMessage) => {
  if ('order' in message) void start(message.order)
  else if ('dumpedThrough' in message) dumpedThrough = message.dumpedThrough
  else void answer(message)
})

async function start({ log, engine, recorder, ...place }: GatewayOrder): Promise<void> {
  const logger = pino({ name: 'gateway', level: log.level }, pino.destination({ dest: log.path, mkdir: true }))
  const { isChainOurs, ...options } = recorder
  const isBlockSafe = (block: number): boolean => !isChainOurs || block <= dumpedThrough
  try {
    gateway = await startGateway({
      ...place,
      engine: { ...engine, log: logger },
      recorder: { ...options, isBlockSafe, log: logger },
      log: logger,
    })
    reply({ url: gateway.url })
  } catch (error) {
    reply({ error: (error as Error).message })
  }
}

async function answer({ id, ...question }: GatewayQuestion & { id: number }): Promise<void> {
  try {
    reply({ id, value: await carryOut(question) })
  } catch (error) {
    const { code = 'FAILED', message } = error as Error & { code?: string }
    reply({ id, failed: { code, message } })
  }
}

async function carryOut({ ask, given }: GatewayQuestion): Promise<GatewayAnswer> {
  const recorder = gateway?.recorder
  if (recorder === undefined) throw new Error('the gateway is not up yet')
  switch (ask) {
    case 'flush':
      return recorder.flush()
    case 'status':
      return recorder.status()
    case 'obey':
      await recorder.obey()
      return undefined
    case 'rules':
      await recorder.setRules(given[0])
      return undefined
    case 'issue':
      await recorder.issueReport(given[0])
      return undefined
    case 'issued':
      return untilIssued(recorder, given[0])
  }
}
