/** Behind a load balancer: whose header counts, and what stands behind it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Limits } from '../../proxy/limits.ts'
import type { ListenerOptions } from '../../proxy/listen/listener-options.ts'
import { freePort } from '../support/chain.ts'
import { type EchoListener, openEcho, type ServerFiles, serverFiles } from '../support/listener.ts'
import { hasTool } from '../support/tools.ts'

const LINE = 'PROXY TCP4 203.0.113.9 198.51.100.1 40000 1883\r\n'

const opened: EchoListener[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((listener) => listener.close()))
})

async function listen(options: Partial<ListenerOptions>, limits?: Partial<Limits>): Promise<EchoListener> {
  const listener = await openEcho(options, limits)
  opened.push(listener)
  return listener
}

const trusting = (more: Partial<ListenerOptions> = {}, limits?: Partial<Limits>): Promise<EchoListener> =>
  listen({ trustedSenders: ['127.0.0.0/8'], ...more }, limits)

/** Sends the bytes, each string on its own, and resolves with what comes back, and whether the listener hung up. */
const exchange = (listener: EchoListener, ...parts: string[]): Promise<string> => exchangeFor(10_000, listener, parts)

/** The same, where nothing may come back at all: for so long. */
async function exchangeFor(ms: number, listener: EchoListener, parts: readonly string[]): Promise<string> {
  const socket = createConnection(listener.port, '127.0.0.1')
    .setNoDelay(true)
    .on('error', () => {})
  let text = ''
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      resolve()
    })
  })
  const closed = once(socket, 'close').then(() => ' closed')
  for (const part of parts) {
    socket.write(part, 'latin1')
    await sleep(2)
  }
  const end = await Promise.race([closed, answered.then(() => sleep(60)), sleep(ms)])
  socket.destroy()
  return `${text}${end ?? ''}`
}

describe('from a trusted sender', () => {
  test('the header names the device, and what follows it in the same segment is the device’s', async () => {
    const listener = await trusting()
    expect(await exchange(listener, `${LINE}hello`)).toBe('hello')
    expect(listener.accepted).toMatchObject([{ address: '203.0.113.9' }])
  })

  test('the header may come byte by byte', async () => {
    const listener = await trusting()
    expect(await exchange(listener, ...LINE, 'hello')).toBe('hello')
    expect(listener.accepted).toMatchObject([{ address: '203.0.113.9' }])
  })

  test('a LOCAL connection is the sender’s own', async () => {
    const listener = await trusting()
    expect(await exchange(listener, '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0hello')).toBe('hello')
    expect(listener.accepted).toMatchObject([{ address: '127.0.0.1' }])
  })

  test.each([
    ['a missing header', '\x10\x0cMQTT', 'accept:no PROXY header of a trusted sender'],
    ['an invalid header', 'PROXY TCP4 1.2.3.999 1.2.3.4 1 2\r\n', 'accept:invalid PROXY header'],
    ['a second header in front of it', `PROXY UNKNOWN\r${LINE}`, 'accept:invalid PROXY header'],
  ])('%s is refused', async (_name, bytes, counted) => {
    const listener = await trusting()
    expect(await exchange(listener, bytes)).toBe(' closed')
    expect(listener.stats()).toEqual({ [counted]: 1 })
    expect(listener.accepted).toEqual([])
  })

  test('a header that does not end holds a place until the deadline', async () => {
    const listener = await trusting({}, { connectTimeoutMs: 150, unauthenticated: 1 })
    const half = createConnection(listener.port, '127.0.0.1')
      .resume()
      .on('error', () => {})
    half.write('PROXY TCP4 ')
    await once(half, 'connect')
    expect(await exchange(listener, LINE)).toBe(' closed')
    await once(half, 'close')
    expect(listener.stats()).toEqual({ 'accept:unauthenticated': 1, 'accept:timeout': 1 })
  })

  test('limits count by device, not by sender', async () => {
    const listener = await trusting({}, { connectionsPerAddress: 2 })
    const from = (address: string): string => LINE.replace('203.0.113.9', address)
    const sockets: Socket[] = []
    for (const address of ['203.0.113.1', '203.0.113.1', '203.0.113.2']) {
      const socket = createConnection(listener.port, '127.0.0.1')
      socket.write(`${from(address)}x`)
      await once(socket, 'data')
      sockets.push(socket)
    }
    expect(await exchange(listener, `${from('203.0.113.1')}x`)).toBe(' closed')
    expect(listener.stats()).toEqual({ 'accept:connectionsPerAddress': 1 })
    for (const socket of sockets) socket.destroy()
    // The places are free again.
    await expect.poll(() => exchange(listener, `${from('203.0.113.1')}x`)).toBe('x')
  })
})

describe('from anybody else', () => {
  test('a header is refused, not ignored', async () => {
    const listener = await listen({ trustedSenders: ['203.0.113.0/24'] })
    expect(await exchange(listener, `${LINE}hello`)).toBe(' closed')
    expect(await exchangeFor(60, listener, ['PROXY TCP4 '])).toBe('') // not yet known for what it is
    expect(listener.stats()['accept:PROXY header of a sender that is not trusted']).toBe(1)
    expect(listener.accepted).toEqual([])
  })

  test('a connection without one is its own', async () => {
    const listener = await listen({ trustedSenders: ['203.0.113.0/24'] })
    expect(await exchange(listener, 'hello')).toBe('hello')
    expect(listener.accepted).toMatchObject([{ address: '127.0.0.1' }])
  })

  test.each(['10.0.0.0/0', 'lb'])('networks such as %s are refused at start', async (network) => {
    const refused = openEcho({ trustedSenders: [network] })
    await expect(refused).rejects.toMatchObject({ code: 'SENDER_INVALID', message: expect.stringContaining(network) })
  })
})

describe('before TLS', () => {
  let files: ServerFiles
  beforeAll(() => {
    files = serverFiles()
  })
  afterAll(() => files.remove())

  test.each(['one segment', 'pieces'])('comes the header, in %s', async (how) => {
    const listener = await trusting({ kind: 'mqtts', certificate: files })
    const raw = createConnection(listener.port, '127.0.0.1').setNoDelay(true)
    await once(raw, 'connect')
    const ca = readFileSync(files.caFile)
    if (how === 'pieces') {
      for (const byte of LINE) {
        raw.write(byte)
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    } else {
      raw.cork() // header and ClientHello leave together
      raw.write(LINE)
      setTimeout(() => raw.uncork(), 20)
    }
    const socket = connectTls({ socket: raw, servername: 'localhost', ca })
    await once(socket, 'secureConnect')
    socket.write('hello')
    expect(String((await once(socket, 'data'))[0])).toBe('hello')
    expect(listener.accepted).toMatchObject([{ address: '203.0.113.9', listener: { kind: 'mqtts' } }])
    socket.destroy()
  })
})

describe('HAProxy', () => {
  const isHere = hasTool('haproxy', 'haproxy')
  let haproxy: ChildProcess | undefined
  let dir = ''
  afterEach(async () => {
    if (haproxy === undefined) return
    const gone = once(haproxy, 'exit')
    haproxy.kill('SIGTERM')
    await gone
    haproxy = undefined
    rmSync(dir, { recursive: true, force: true })
  })

  async function startHaproxy(backend: number, option: string): Promise<number> {
    const port = await freePort()
    dir = mkdtempSync(join(tmpdir(), 'flytrap-haproxy-'))
    const file = join(dir, 'haproxy.cfg')
    const lines = ['defaults', ' mode tcp', ' timeout connect 2s', ' timeout client 5s', ' timeout server 5s']
    lines.push('listen mqtt', ` bind 127.0.0.1:${port}`, ` server s 127.0.0.1:${backend} ${option}`)
    writeFileSync(file, `${lines.join('\n')}\n`)
    haproxy = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' })
    for (;;) {
      const socket = createConnection(port, '127.0.0.1')
      const isUp = await new Promise((resolve) =>
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
      )
      socket.destroy()
      if (isUp) return port
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  test.skipIf(!isHere).each(['send-proxy', 'send-proxy-v2', 'send-proxy-v2 proxy-v2-options crc32c,unique-id'])(
    'with %s tells the device’s address',
    async (option) => {
      const listener = await trusting()
      const port = await startHaproxy(listener.port, option)
      const socket = createConnection({ port, host: '127.0.0.1', localAddress: '127.0.0.77' })
      socket.write('hello')
      expect(String((await once(socket, 'data'))[0])).toBe('hello')
      expect(listener.accepted.map(({ address }) => address)).toContain('127.0.0.77')
      expect(listener.stats()).toEqual({})
      socket.destroy()
    },
  )

  test.skipIf(!isHere)('with check-send-proxy is let in for its health checks', async () => {
    const listener = await trusting()
    await startHaproxy(listener.port, 'send-proxy-v2 check check-send-proxy inter 50ms')
    await expect
      .poll(() => listener.accepted.some(({ address }) => address === '127.0.0.1'), { timeout: 45_000 })
      .toBe(true)
    expect(listener.stats()).toEqual({})
  })
})
