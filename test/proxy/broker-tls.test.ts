/** A broker behind TLS: its certificate must come from the authorities that FLYTRAP_BROKER_CA_FILE holds. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type Server } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EmbeddedBroker, startEmbeddedBroker } from '../../proxy/broker/embedded.ts'
import { greetBroker, leaveBroker } from '../../proxy/broker/greet.ts'
import type { BrokerTarget } from '../../proxy/broker/target.ts'
import { freePort, silent } from '../support/chain.ts'
import { type ServerFiles, serverFiles } from '../support/listener.ts'

const dir = mkdtempSync(join(tmpdir(), 'flytrap-tls-broker-'))
let broker: EmbeddedBroker
let server: Server
let files: ServerFiles
let target: BrokerTarget
const resumed: boolean[] = []

beforeAll(async () => {
  broker = await startEmbeddedBroker({ dir, port: await freePort(), kind: 'aedes', log: silent })
  files = serverFiles()
  const [cert, key, ca] = [files.certFile, files.keyFile, files.caFile].map((file) => readFileSync(file, 'utf8'))
  server = createServer({ cert, key }, (socket) => {
    resumed.push(socket.isSessionReused())
    socket.on('error', () => {})
    socket.pipe(connect(broker.target.port, '127.0.0.1').on('error', () => {})).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = (server.address() as { port: number }).port
  target = { ...broker.target, host: 'localhost', port, tls: true, ...(ca === undefined ? {} : { ca }) }
})
afterAll(async () => {
  server.close()
  files.remove()
  await broker.stop()
  rmSync(dir, { recursive: true, force: true })
})

const greet = (to: BrokerTarget) => {
  const { userName = '', password = '' } = broker.target
  const login = { userName, password: Buffer.from(password), keepAlive: 10, properties: {} }
  return greetBroker(to, { cmd: 'connect', version: 5, clientId: 'tls', clean: true, ...login }, 5_000)
}

describe('a broker behind TLS', () => {
  test('is logged in at where its certificate is known, and the next handshake is shorter', async () => {
    for (let i = 0; i < 2; i++) {
      const greeting = await greet(target)
      if (greeting.kind !== 'accepted') throw new Error(`not let in: ${JSON.stringify(greeting)}`)
      expect(await leaveBroker(greeting.socket, 5)).toBe(true)
    }
    expect(resumed).toEqual([false, true])
  })

  test('gets no password of ours where its certificate is not known', async () => {
    const { ca: _known, ...unknown } = target
    expect(await greet(unknown)).toMatchObject({ kind: 'failed', why: 'unreachable' })
  })

  test('is not taken in clear text, nor a clear one for it', async () => {
    expect((await greet({ ...target, tls: false })).kind).toBe('failed')
    expect((await greet({ ...broker.target, tls: true })).kind).toBe('failed')
  })
})
