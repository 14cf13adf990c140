/** @module The process that `gateway.ts` forks: queries cost packets nothing. It ends when its owner does. */
import { pino } from 'pino'
import { startGateway } from '../../gateway/start-gateway.ts'
import type { GatewayOrder } from './gateway.ts'

process.once('message', async ({ log, ...order }: GatewayOrder) => {
  const logger = pino({ name: 'gateway', level: log.level }, pino.destination({ dest: log.path, mkdir: true }))
  try {
    const chainId = BigInt(order.engine.chainId)
    const gateway = await startGateway({ ...order, engine: { ...order.engine, chainId, log: logger }, log: logger })
    process.once('SIGTERM', () => gateway.stop().finally(() => process.exit(0)))
    process.once('disconnect', () => gateway.stop().finally(() => process.exit(0)))
    process.send?.({ url: gateway.url })
  } catch (error) {
    process.send?.({ error: (error as Error).message })
  }
})
process.on('SIGINT', () => {}) // Ctrl-C reaches the whole group: the owner ends us in its turn
