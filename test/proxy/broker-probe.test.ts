/** What the proxy asks a broker before it trusts it with anything. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Aedes } from 'aedes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EmbeddedBroker, startEmbeddedBroker } from '../../proxy/broker/embedded.ts'
import { greetBroker } from '../../proxy/broker/greet.ts'
import { findMosquitto } from '../../proxy/broker/mosquitto.ts'
import { probeAnonymousLogin } from '../../proxy/broker/probe.ts'
import type { ConnectPacket } from '../../proxy/wire/packets.ts'
import { freePort, silent } from '../support/chain.ts'

const servers: Server[] = []
const serve = async (accept: (socket: Socket) => void): Promise<{ host: string; port: number; tls: false }> => {
  const server = createServer((socket) => accept(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return { host: '127.0.0.1', port: (server.address() as { port: number }).port, tls: false }
}
afterAll(() => {
  for (const server of servers) server.close()
})

const kinds = findMosquitto() === undefined ? (['aedes'] as const) : (['mosquitto', 'aedes'] as const)

describe.each(kinds)('the embedded %s', (kind) => {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-probe-'))
  let broker: EmbeddedBroker
  beforeAll(async () => {
    broker = await startEmbeddedBroker({ dir, port: await freePort(), kind, log: silent })
  })
  afterAll(async () => {
    await broker.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  test('refuses whoever comes without its password: nobody goes around the proxy', async () => {
    expect(await probeAnonymousLogin(broker.target)).toBe('refused')
  })

  test('lets its owner in, in both versions, and the socket then waits for its reader', async () => {
    for (const version of [4, 5] as const) {
      const greeting = await greetBroker(broker.target, connectOf(broker, version), 5_000)
      expect(greeting).toMatchObject({ kind: 'accepted', connack: { reasonCode: 0 } })
      if (greeting.kind === 'accepted') greeting.socket.destroy()
    }
  })

  test('says in the words of MQTT 5 that a password is wrong, in both versions', async () => {
    for (const version of [4, 5] as const) {
      const connect = { ...connectOf(broker, version), password: Buffer.from('guessed') }
      const greeting = await greetBroker(broker.target, connect, 5_000)
      expect(greeting.kind).toBe('refused')
      if (greeting.kind === 'refused') expect([0x86, 0x87]).toContain(greeting.reasonCode)
    }
  })
})

describe('a probe for anonymous logins', () => {
  test('tells a broker that lets anybody in', async () => {
    const open = await Aedes.createBroker()
    expect(await probeAnonymousLogin(await serve(open.handle))).toBe('accepted')
    await new Promise<void>((resolve) => open.close(resolve))
  })

  test('asks again in MQTT 3.1.1 where MQTT 5 is not spoken', async () => {
    const asked: number[] = []
    const old = await serve((socket) =>
      socket.once('data', (connect) => {
        const level = connect[8] ?? 0
        asked.push(level)
        socket.end(Buffer.from([0x20, 0x02, 0x00, level === 5 ? 0x01 : 0x05]))
      }),
    )
    expect(await probeAnonymousLogin(old)).toBe('refused')
    expect(asked).toEqual([5, 4])
  })

  test('takes a broker that hangs up for one that refuses, and one that is not there for neither', async () => {
    expect(await probeAnonymousLogin(await serve((socket) => socket.destroy()))).toBe('refused')
    expect(await probeAnonymousLogin(await serve(() => {}), 200)).toBe('unreachable')
    expect(await probeAnonymousLogin({ host: '127.0.0.1', port: await freePort(), tls: false })).toBe('unreachable')
  })
})

describe('a login that comes to nothing', () => {
  test('leaves a DISCONNECT behind its CONNECT, so that a broker that wakes later fires no Will [MQTT-3.14.4-3]', async () => {
    const read: Buffer[] = []
    const slow = await serve((socket) => socket.on('data', (chunk) => read.push(chunk)))
    const connect = connectOf({ target: {} }, 5)
    expect(await greetBroker(slow, connect, 200)).toMatchObject({ kind: 'failed', why: 'silent' })
    await expect.poll(() => Buffer.concat(read).subarray(-4).toString('hex')).toMatch(/e000$|e0020000$|e00100$/)
  })

  test('says nothing where nobody wants it any more once the broker is dialled', async () => {
    const left = Promise.withResolvers<number>()
    const idle = await serve((socket) => socket.once('close', () => left.resolve(socket.bytesRead)).resume())
    const greeting = await greetBroker(idle, connectOf({ target: {} }, 5), 5_000, { isWanted: () => false })
    expect(greeting).toEqual({ kind: 'failed', why: 'unwanted' })
    expect(await left.promise).toBe(0)
  })

  test('is no login when what came is not MQTT', async () => {
    const web = await serve((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect(await greetBroker(web, connectOf({ target: {} }, 5), 5_000)).toMatchObject({ kind: 'failed' })
  })
})

function connectOf({ target }: { target: Partial<EmbeddedBroker['target']> }, version: 4 | 5): ConnectPacket {
  const { userName, password } = target
  return {
    cmd: 'connect',
    version,
    clientId: 'greeter',
    clean: true,
    keepAlive: 10,
    ...(userName === undefined ? {} : { userName }),
    ...(password === undefined ? {} : { password: Buffer.from(password) }),
    properties: {},
  }
}

describe('a broker that resets its connections', () => {
  test('crashes nobody, whoever holds the socket at that moment', async () => {
    const sockets: Socket[] = []
    const moody = await serve((socket) => {
      sockets.push(socket)
      socket.once('data', () => socket.write(Buffer.from([0x20, 0x03, 0x00, 0x00, 0x00])))
    })
    const greeting = await greetBroker(moody, connectOf({ target: {} }, 5), 5_000)
    if (greeting.kind !== 'accepted') throw new Error(`not let in: ${greeting.kind}`)
    const closed = new Promise((resolve) => greeting.socket.once('close', resolve))
    for (const socket of sockets) socket.resetAndDestroy()
    greeting.socket.resume()
    await closed // an error that nobody heard would have ended the process before
    expect(greeting.socket.destroyed).toBe(true)
  })
})
