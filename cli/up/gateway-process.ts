/** @module The process that `gateway.ts` forks: queries cost packets nothing. It ends when its owner does. */
import { pino } from 'pino'
import { type Gateway, startGateway } from '../../gateway/start-gateway.ts'
import type { GatewayOrder } from './gateway.ts'

let gateway: Gateway | undefined

/** The owner is gone, or wants us gone: also while the first index is still being made. */
const end = (): void => {
  const stopped = gateway?.stop() ?? Promise.resolve()
  stopped.finally(() => process.exit(0))
}
process.once('SIGTERM', end)
process.once('disconnect', end)
process.on('SIGINT', () => {}) // Ctrl-C reaches the whole group: the owner ends us in its turn

process.once('message', async ({ log, ...order }: GatewayOrder) => {
  const logger = pino({ name: 'gateway', level: log.level }, pino.destination({ dest: log.path, mkdir: true }))
  try {
    const chainId = BigInt(order.engine.chainId)
    gateway = await startGateway({ ...order, engine: { ...order.engine, chainId, log: logger }, log: logger })
    process.send?.({ url: gateway.url })
  } catch (error) {
    process.send?.({ error: (error as Error).message })
  }
})
