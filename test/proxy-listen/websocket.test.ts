/** MQTT over WebSocket, section 6 of both versions: what the upgrade demands, and a stream that holds nothing back or up. */
import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { WebSocketStream } from '../../proxy/listen/websocket/websocket-stream.ts'
import { clientCertificate, type EchoListener, openEcho, type ServerFiles, serverFiles } from '../support/listener.ts'

let it: EchoListener

beforeAll(async () => {
  it = await openEcho({ kind: 'ws', origins: ['https://App.example.org'] })
})
afterEach(() => it.accepted.splice(0))
afterAll(() => it.close())

interface Dialled extends ClientOptions {
  path?: string
  protocols?: string | string[]
  listener?: EchoListener
}

/** Resolves with the open WebSocket, or rejects with the status that refused it. */
function open({ path = '/mqtt', protocols = 'mqtt', listener = it, ...options }: Dialled = {}): Promise<WebSocket> {
  const ws = new WebSocket(`ws://127.0.0.1:${listener.port}${path}`, protocols, options)
  return new Promise((resolve, reject) => {
    ws.once('open', () => resolve(ws)).once('error', reject)
    ws.once('unexpected-response', (_request, { statusCode }) => reject(new Error(`HTTP ${statusCode}`)))
  })
}

const message = async (ws: WebSocket): Promise<Buffer> => (await once(ws, 'message'))[0] as Buffer
const closeCode = async (ws: WebSocket): Promise<number> => (await once(ws, 'close'))[0] as number

const OLD = `GET /mqtt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 7\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n`

describe('the upgrade', () => {
  test('answers with the subprotocol mqtt and without compression [MQTT-6.0.0-4]', async () => {
    const ws = await open({ protocols: ['other', 'mqtt'], perMessageDeflate: true })
    expect(ws.protocol).toBe('mqtt')
    expect(ws.extensions).toBe('')
    ws.send(Buffer.from('hello'))
    expect(String(await message(ws))).toBe('hello')
    expect(it.accepted[0]).toMatchObject({ address: '127.0.0.1', listener: { kind: 'ws', acceptsCredentials: true } })
    ws.terminate()
  })

  test.each<[string, Dialled, number]>([
    ['no subprotocol [MQTT-6.0.0-3]', { protocols: [] }, 400],
    ['another subprotocol [MQTT-6.0.0-3]', { protocols: ['mqttv3.1'] }, 400],
    ['another path', { path: '/' }, 404],
    ['a query behind the path', { path: '/mqtt?x' }, 404],
    ['an origin that is not named', { origin: 'https://evil.example' }, 403],
    ['the origin of a local file', { origin: 'null' }, 403],
  ])('with %s is refused', async (_name, dialled, status) => {
    await expect(open(dialled)).rejects.toThrow(`HTTP ${status}`)
    expect(it.accepted).toEqual([])
  })

  test('from a page that is named is let through', async () => {
    const ws = await open({ origin: 'https://app.example.org' })
    ws.terminate()
  })

  test.each([
    ['a plain request', 'GET /mqtt HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 426 [\s\S]*subprotocol mqtt/],
    ['a version of the protocol that is not spoken', OLD, /^HTTP\/1\.1 400 /],
    ['MQTT without WebSocket', '\x10\x0c\x00\x04MQTT\x05\x02\x00\x3c\x00', /^HTTP\/1\.1 400 /],
    ['headers without end', `GET /mqtt HTTP/1.1\r\nX: ${'x'.repeat(9_000)}`, /^HTTP\/1\.1 400 /],
  ])('is not for %s', async (_name, bytes, answer) => {
    const socket = createConnection(it.port, '127.0.0.1')
    socket.write(bytes, 'latin1')
    expect(await everything(socket)).toMatch(answer)
    expect(it.stats()['accept:WebSocket upgrade']).toBeGreaterThan(0)
    expect(it.accepted).toEqual([])
  })

  test('that does not end is ended by the deadline', async () => {
    const slow = await openEcho({ kind: 'ws' }, { connectTimeoutMs: 200 })
    const socket = createConnection(slow.port, '127.0.0.1')
    socket.write('GET /mqtt HTTP/1.1\r\nHost: x\r\n')
    await everything(socket)
    expect(slow.stats()).toEqual({ 'accept:timeout': 1 })
    await slow.close()
  })
})

describe('the stream', () => {
  test('joins packets that span messages, and messages that come in fragments [MQTT-6.0.0-2]', async () => {
    const read: Buffer[] = []
    const sink = await openEcho({ kind: 'ws' }, {}, (stream) => stream.on('data', (chunk) => read.push(chunk)))
    const ws = await open({ listener: sink })
    ws.send(Buffer.from([0xc0]))
    ws.send(Buffer.from([0x00, 0xc0]), { fin: false })
    ws.send(Buffer.from([0x00]), { fin: true })
    await expect.poll(() => Buffer.concat(read).toString('hex')).toBe('c000c000')
    ws.terminate()
    await sink.close()
  })

  test('ends with 1003 at a text message [MQTT-6.0.0-1], which nobody reads', async () => {
    const read: Buffer[] = []
    const sink = await openEcho({ kind: 'ws' }, {}, (stream) => {
      stream.on('data', (chunk) => read.push(chunk)).on('end', () => stream.end())
    })
    const ws = await open({ listener: sink })
    ws.send('hello')
    ws.send(Buffer.from('later'))
    expect(await closeCode(ws)).toBe(1003)
    expect(read).toEqual([])
    expect(Object.keys(sink.stats())).toEqual(['websocket:text message'])
    await sink.close()
  })

  test('ends with 1009 at a message beyond the limit, before it has come', async () => {
    const small = await openEcho({ kind: 'ws' }, { maxPacketBytes: 1_000 })
    const ws = await open({ listener: small })
    ws.on('error', () => {})
    ws.send(Buffer.alloc(70_000))
    expect(await closeCode(ws)).toBe(1009)
    expect(small.stats()).toEqual({ 'websocket:broken frame': 1 })
    await small.close()
  })

  test('closes with 1000 when it ends on our side', async () => {
    const ending = await openEcho({ kind: 'ws' }, {}, (stream) => stream.resume().end(Buffer.from('bye')))
    const ws = new WebSocket(`ws://127.0.0.1:${ending.port}/mqtt`, 'mqtt')
    const [last, code] = await Promise.all([message(ws), closeCode(ws)])
    expect([String(last), code]).toEqual(['bye', 1000])
    await ending.close()
  })

  test('takes nothing from the network while it is not read', async () => {
    let resting: Duplex | undefined
    const rests = await openEcho({ kind: 'ws' }, {}, (stream) => {
      resting = stream.pause()
    })
    const ws = await open({ listener: rests })
    const block = Buffer.alloc(64 * 1_024)
    for (let i = 0; i < 800; i++) ws.send(block) // 50 MiB: more than the kernel keeps
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(ws.bufferedAmount).toBeGreaterThan(20e6)
    expect(resting?.readableLength).toBeLessThan(512 * 1_024)
    let bytes = 0
    resting?.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    resting?.resume()
    await expect.poll(() => bytes, { timeout: 45_000 }).toBe(800 * block.length)
    ws.terminate()
    await rests.close()
  })

  test('says so while the peer does not read, and drains once it does', async () => {
    let stream: Duplex | undefined
    const fills = await openEcho({ kind: 'ws' }, {}, (one) => {
      stream = one.resume()
    })
    const ws = await open({ listener: fills })
    await expect.poll(() => stream).toBeDefined()
    ws.pause()
    const block = Buffer.alloc(256 * 1_024)
    let [sent, received] = [0, 0]
    ws.on('message', (data: Buffer) => {
      received += data.length
    })
    // The kernel takes some megabytes, then nothing more for as long as the peer rests.
    for (;;) {
      sent += block.length
      if (stream!.write(block)) continue
      const isDrained = await Promise.race([once(stream!, 'drain'), new Promise((resolve) => setTimeout(resolve, 200))])
      if (isDrained === undefined) break
    }
    expect(stream!.writableLength).toBeGreaterThan(0)
    ws.resume()
    await once(stream!, 'drain')
    await expect.poll(() => received).toBe(sent)
    ws.terminate()
    await fills.close()
  })

  test('answers pings, which are no MQTT', async () => {
    const ws = await open()
    ws.ping('are you there')
    expect(String((await once(ws, 'pong'))[0])).toBe('are you there')
    ws.terminate()
  })

  test('keeps no pongs for a peer that pings and does not read', () => {
    const pongs: string[] = []
    const full = { bufferedAmount: 64 * 1_024, pong: (data: Buffer) => pongs.push(String(data)) }
    const ws = Object.assign(new EventEmitter(), full) as unknown as WebSocket & { bufferedAmount: number }
    const stream = new WebSocketStream(ws, () => {})
    ws.emit('ping', Buffer.from('one'))
    ws.bufferedAmount = 0
    ws.emit('ping', Buffer.from('two'))
    expect(pongs).toEqual(['two'])
    expect(stream.readableLength).toBe(0)
  })
})

describe('over TLS', () => {
  let files: ServerFiles
  beforeAll(() => {
    files = serverFiles()
  })
  afterAll(() => files.remove())

  test('it is the same, and the client certificate’s key comes along', async () => {
    const secure = await openEcho({ kind: 'wss', certificate: files })
    const { cert, key } = clientCertificate('P-256')
    const ca = readFileSync(files.caFile)
    const ws = new WebSocket(`wss://localhost:${secure.port}/mqtt`, 'mqtt', {
      ca,
      cert,
      key,
      family: 4,
    } as ClientOptions)
    await once(ws, 'open')
    ws.send(Buffer.from('hello'))
    expect(String(await message(ws))).toBe('hello')
    expect(secure.accepted[0]).toMatchObject({
      listener: { kind: 'wss', isEncrypted: true },
      device: expect.stringMatching(/^0x[0-9a-f]{40}$/),
    })
    ws.terminate()
    await secure.close()
  })
})

function everything(socket: Socket): Promise<string> {
  let text = ''
  socket
    .on('error', () => {})
    .on('data', (chunk) => {
      text += chunk
    })
  return new Promise((resolve) => socket.once('close', () => resolve(text)))
}
