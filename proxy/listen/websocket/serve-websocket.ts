/** @module The WebSocket upgrade (MQTT 5 and 3.1.1, section 6) over connections that were accepted elsewhere. */
import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { type WebSocketRefusal, WebSocketStream } from './websocket-stream.ts'

export interface WebSocketOptions {
  /** Pages that may connect, as `https://app.example.org`; programs other than browsers send no origin. */
  origins: readonly string[]
  timeoutMs: number
  /** Of one message: control packets may share it. */
  maxMessageBytes: () => number
  /** What an upgraded connection did wrong. */
  onRefused: (what: WebSocketRefusal, why?: string) => void
}

export interface UpgradeServer {
  /** Calls back once: with the bytes inside, or with why there are none. */
  upgrade(socket: Socket, done: (outcome: WebSocketStream | Error) => void): void
}

const PATH = '/mqtt'
const SUBPROTOCOL = 'mqtt'

export function serveWebSocket(options: WebSocketOptions): UpgradeServer {
  const waiting = new Map<Duplex, (outcome: WebSocketStream | Error) => void>()
  const settle = (socket: Duplex, outcome: WebSocketStream | Error): void => {
    const done = waiting.get(socket)
    waiting.delete(socket)
    done?.(outcome)
  }
  const upgrades = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false, // a small message could unpack to a huge one
    autoPong: false,
    handleProtocols: () => SUBPROTOCOL, // [MQTT-6.0.0-4]
  })
  upgrades.on('wsClientError', (error, socket) => {
    refuse(socket, 400, error.message)
    settle(socket, error)
  })
  const server = createServer({ maxHeaderSize: 8_192, requestTimeout: options.timeoutMs })
  server.on('request', ({ socket }) => {
    refuse(socket, 426, `This is MQTT over WebSocket: connect to ${PATH} with subprotocol ${SUBPROTOCOL}.`)
    settle(socket, new Error('no upgrade'))
  })
  server.on('clientError', (error, socket) => {
    refuse(socket, 400, 'This is no HTTP request.')
    settle(socket, error)
  })
  server.on('upgrade', (request, socket, head) => {
    const flaw = flawOfUpgrade(request, options.origins)
    if (flaw !== undefined) {
      refuse(socket, flaw.status, flaw.why)
      return settle(socket, new Error(flaw.why))
    }
    upgrades.options.maxPayload = options.maxMessageBytes()
    upgrades.handleUpgrade(request, socket, head, (ws) => settle(socket, new WebSocketStream(ws, options.onRefused)))
  })
  return {
    upgrade(socket, done) {
      waiting.set(socket, done)
      socket.once('close', () => settle(socket, new Error('the connection closed before its upgrade')))
      server.emit('connection', socket)
    },
  }
}

interface Flaw {
  status: 400 | 403 | 404
  why: string
}

/** What the library does not look at: the path, who asks, and that MQTT is meant. */
function flawOfUpgrade({ url, headers }: IncomingMessage, origins: readonly string[]): Flaw | undefined {
  if (url !== PATH) return { status: 404, why: `MQTT is at ${PATH}.` }
  const { origin } = headers
  if (origin !== undefined && !origins.includes(origin.toLowerCase())) {
    return { status: 403, why: 'Pages of this origin may not connect: name it in FLYTRAP_WS_ORIGINS.' }
  }
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  // [MQTT-6.0.0-3]
  if (!offered.includes(SUBPROTOCOL)) return { status: 400, why: `The subprotocol ${SUBPROTOCOL} must be offered.` }
  return undefined
}

/** Says why, and ends the connection: nothing more of it is read. */
function refuse(socket: Duplex, status: 400 | 403 | 404 | 426, why: string): void {
  if (!socket.writable) return void socket.destroy()
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close', 'Content-Type: text/plain']
  if (status === 426) head.push('Upgrade: websocket')
  socket.end(`${head.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(why)}\r\n\r\n${why}`, () => socket.destroy())
}
