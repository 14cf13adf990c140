/** @module The process that `aedes.ts` forks: one Aedes on loopback, memory only. */
import { timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:net'
import { Aedes } from 'aedes'
import { endReceivedWithSession, type SessionStore } from './aedes-sessions.ts'

interface Start {
  port: number
  userName: string
  password: string
}

process.once('message', async ({ port, userName, password }: Start) => {
  const broker = await Aedes.createBroker({
    topicAliasMaximum: 0,
    authenticate: (_client, name, secret, done) => {
      const isRight = name === userName && secret !== undefined && secret !== null && equals(secret, password)
      done(null, isRight)
    },
  } as Parameters<typeof Aedes.createBroker>[0])
  endReceivedWithSession((broker as unknown as { persistence: SessionStore }).persistence)
  const server = createServer(broker.handle)
  server.listen(port, '127.0.0.1', () => process.send?.('ready'))
})
process.once('disconnect', () => process.exit(0)) // the owner is gone
process.once('SIGTERM', () => process.exit(0))
process.on('SIGINT', () => {}) // Ctrl-C reaches the whole group: the owner drains first, then ends us

function equals(given: Readonly<Buffer>, expected: string): boolean {
  const wanted = Buffer.from(expected)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
