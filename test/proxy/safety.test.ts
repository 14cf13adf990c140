/** What must hold when a part behind the proxy fails, or watches. */
import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import mqttPacket from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProxy } from '../../proxy/start-proxy.ts'
import { type AccessJournal, RecordsError } from '../../records/port.ts'
import type { Account } from '../support/chain.ts'
import {
  connectBySignature,
  connectDevice,
  credentialPassword,
  inbox,
  pause,
  startTestProxy,
  type TestProxy,
  viewCaughtUp,
} from '../support/mqtt.ts'
import { askChallenge } from '../support/raw-device.ts'

let it: TestProxy
let sensor: Account

beforeAll(async () => {
  it = await startTestProxy('aedes', { staleAfterMs: 1_500 })
  sensor = await it.chain.account()
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await it.chain.call('registerTopic', ['home/#'])
  await it.chain.grant('home/#', sensor.address, 3)
  await viewCaughtUp(it)
})
afterAll(async () => {
  await it.proxy.stop()
  await it.broker.stop()
  await it.records.stop()
})

/** The same proxy with one part replaced. */
async function withProxy<T>(more: object, work: (other: TestProxy) => Promise<T>): Promise<T> {
  const proxy = await startProxy({ ...it.options, ...more, viewSnapshotPath: `${it.options.viewSnapshotPath}.other` })
  try {
    return await work({ ...it, proxy })
  } finally {
    await proxy.stop()
  }
}

describe('without a journal', () => {
  const failing: AccessJournal = {
    record: () => Promise.reject(new RecordsError('JOURNAL_WRITE_FAILED', 'the disk is full')),
    window: () => {
      const durable = Promise.reject(new RecordsError('JOURNAL_WRITE_FAILED', 'the disk is full'))
      durable.catch(() => {})
      return { durable, isDurable: false, add: () => false }
    },
    hurry: () => {},
    receipt: () => Promise.reject(new RecordsError('JOURNAL_WRITE_FAILED', 'the disk is full')),
    sealWhere: () => {},
    closeAll: () => {},
    announce: () => Promise.reject(new RecordsError('JOURNAL_WRITE_FAILED', 'the disk is full')),
    closeConnection: () => {},
    unavailable: () => 'JOURNAL_WRITE_FAILED',
    isBehind: () => false,
  }

  test('nobody is let in: no record, no access', async () => {
    await withProxy({ journal: failing }, async (other) => {
      await expect(connectDevice(other, { account: sensor, clientId: 'x' })).rejects.toMatchObject({ code: 0x88 })
      const old = connectDevice(other, { account: sensor, clientId: 'x', protocolVersion: 4 })
      await expect(old).rejects.toMatchObject({ code: 3 })
    })
  })

  test('a PUBLISH whose window cannot be written goes nowhere, and its connection ends', async () => {
    const { journal } = it.records
    const later: AccessJournal = {
      ...failing,
      record: (access) => journal.record(access),
      unavailable: () => journal.unavailable(),
    }
    await withProxy({ journal: later }, async (other) => {
      const listener = await connectDevice(it, { account: sensor, clientId: 'listener' })
      const heard = inbox(listener)
      await listener.subscribeAsync('home/#')
      const client = await connectDevice(other, { account: sensor, clientId: 'y' })
      const closed = new Promise((resolve) => client.once('close', () => resolve('closed')))
      client.publish('home/a', 'unrecorded', { qos: 1 })
      expect(await closed).toBe('closed')
      await pause(100)
      expect(heard).toEqual([])
      await listener.endAsync(true)
    })
  })
})

describe('what the broker reads', () => {
  test('is the proxy’s own login and the wallet’s client id, and nothing that a device proved itself with', async () => {
    const read: Buffer[] = []
    const server = await fakeBroker(read)
    const { port } = server.address() as { port: number }
    const password = credentialPassword(it.deployment, { account: sensor, clientId: 'spied' })
    const broker = { host: '127.0.0.1', port, tls: false, userName: 'proxy', password: 'own' }
    await withProxy({ broker }, async (other) => {
      const properties = { userProperties: { secret: 'from-the-device' } }
      const client = await connectDevice(other, { account: sensor, clientId: 'spied', password, properties })
      await client.endAsync()
    })
    server.close()
    const bytes = Buffer.concat(read)
    expect(bytes.includes(password.slice(4))).toBe(false)
    expect(bytes.toString('latin1').toLowerCase()).not.toContain(sensor.address)
    const prefix = Buffer.from(sensor.address.slice(2), 'hex').toString('base64url')
    expect(bytes.includes(`${prefix}.spied`)).toBe(true)
    expect(bytes.includes('proxy')).toBe(true)
  })

  test('a broker that never answers ends the CONNECT with 0x88', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as { port: number }
    const broker = { host: '127.0.0.1', port, tls: false }
    await withProxy({ broker, limits: { connectTimeoutMs: 1_000 } }, async (other) => {
      const waiting = connectDevice(other, { account: sensor, clientId: 'z', connectTimeout: 5_000 })
      await expect(waiting).rejects.toMatchObject({ code: 0x88 })
    })
    silent.close()
  })

  test('a broker that hangs up before CONNACK ends the CONNECT with 0x88', async () => {
    const rude = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.destroy()))
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve))
    const { port } = rude.address() as { port: number }
    await withProxy({ broker: { host: '127.0.0.1', port, tls: false } }, async (other) => {
      const waiting = connectDevice(other, { account: sensor, clientId: 'rude' })
      await expect(waiting).rejects.toMatchObject({ code: 0x88 })
    })
    rude.close()
  })

  test('what comes in one segment with CONNACK reaches the device after it', async () => {
    const options = { protocolVersion: 5 }
    const connack = mqttPacket.generate({ cmd: 'connack', sessionPresent: true, reasonCode: 0 }, options)
    const pubrel = mqttPacket.generate({ cmd: 'pubrel', messageId: 7, reasonCode: 0 }, options)
    const hasty = createServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.write(Buffer.concat([connack, pubrel])))
    })
    await new Promise<void>((resolve) => hasty.listen(0, '127.0.0.1', resolve))
    const { port } = hasty.address() as { port: number }
    await withProxy({ broker: { host: '127.0.0.1', port, tls: false } }, async (other) => {
      const seen: string[] = []
      const password = Buffer.from(credentialPassword(it.deployment, { account: sensor, clientId: 'hasty' }))
      const socket = createConnection(other.proxy.port, '127.0.0.1')
      const parser = mqttPacket.parser(options).on('packet', ({ cmd }) => seen.push(cmd))
      socket.on('data', (chunk) => parser.parse(chunk))
      const login = { clientId: 'hasty', username: sensor.address, password, clean: false, keepalive: 60 }
      socket.write(mqttPacket.generate({ cmd: 'connect', protocolVersion: 5, ...login }))
      await expect.poll(() => seen).toEqual(['connack', 'pubrel'])
      socket.destroy()
    })
    hasty.close()
  })
})

describe('a plain listener off loopback', () => {
  test('must be asked for, and takes no credentials there, which anybody could read', async () => {
    const listen = { host: '0.0.0.0', port: 0 }
    await expect(withProxy({ listen: [listen] }, async () => {})).rejects.toMatchObject({ code: 'LISTENER_INSECURE' })
    await withProxy({ listen: [{ ...listen, insecure: true }] }, async (other) => {
      const client = connectDevice(other, { account: sensor, clientId: 'clear' })
      await expect(client).rejects.toMatchObject({ code: 0x87 })
      const signed = await connectBySignature(other, { account: sensor, clientId: 'signed' })
      await signed.endAsync(true)
    })
  })
})

describe('a device that says nothing, half a CONNECT, or never answers its challenge', () => {
  test('is cut when its time to authenticate is over', async () => {
    await withProxy({ limits: { connectTimeoutMs: 500 } }, async (other) => {
      const { proxy } = other
      const silent = createConnection(proxy.port, '127.0.0.1').resume()
      const slow = createConnection(proxy.port, '127.0.0.1').resume()
      slow.write(Buffer.from('101000044d5154', 'hex'))
      const undecided = askChallenge(other, { account: sensor, clientId: 'undecided' })
      await Promise.all([silent, slow, undecided.socket].map((socket) => once(socket, 'close')))
      expect(proxy.stats()['cut:AUTHENTICATION_TIMEOUT']).toBe(3)
      expect(undecided.packets.map(({ cmd }) => cmd)).toEqual(['auth'])
    })
  })
})

describe('when the chain goes away', () => {
  test('accesses go on while the view is fresh, then nobody is served, and records wait in the journal', async () => {
    const client = await connectDevice(it, { account: sensor, clientId: 'stays' })
    await it.chain.chain.stop()
    await client.publishAsync('home/a', 'fresh', { qos: 1 })
    await pause(2_500)
    expect(it.proxy.view().isFresh).toBe(false)
    await expect(client.publishAsync('home/a', 'stale', { qos: 1 })).rejects.toMatchObject({ code: 0x87 })
    await expect(connectDevice(it, { account: sensor, clientId: 'late' })).rejects.toMatchObject({ code: 0x88 })
    await expect.poll(() => it.records.status().trouble).toMatch(/RPC_UNREACHABLE/)
    expect(it.records.status().unbatched + it.records.status().unanchored).toBeGreaterThan(0)
    await client.endAsync(true)
  })
})

/** A broker that accepts everybody and keeps what it reads. */
function fakeBroker(read: Buffer[]): Promise<Server> {
  const accept = (socket: Socket): void => {
    const parser = mqttPacket.parser({ protocolVersion: 5 })
    parser.on('packet', ({ cmd }) => {
      if (cmd === 'connect')
        socket.write(
          mqttPacket.generate({ cmd: 'connack', sessionPresent: false, reasonCode: 0 }, { protocolVersion: 5 }),
        )
    })
    socket.on('data', (chunk) => {
      read.push(Buffer.from(chunk))
      parser.parse(chunk)
    })
    socket.on('error', () => {})
  }
  const server = createServer(accept)
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}
