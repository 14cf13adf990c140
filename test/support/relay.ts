/** @module A relay before a real broker, to force the faults that a network and a tired broker bring. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface Relay {
  port: number
  /** Milliseconds that each chunk of the broker's takes longer. */
  delayMs: number
  /** What happens to the broker's bytes: passed on, or kept back for good. */
  isMute: boolean
  /** Called with what devices' twins send, before it is passed on. */
  onToBroker: (bytes: Buffer) => void
  /** Ends every connection at once, as a crash does. */
  cut(): void
  stop(): Promise<void>
}

export async function startRelay(brokerPort: number, port = 0): Promise<Relay> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  }
  const server: Server = createServer((near) => {
    const far = keep(connect(brokerPort, '127.0.0.1'))
    keep(near)
    near.on('data', (chunk) => {
      relay.onToBroker(chunk)
      far.write(chunk)
    })
    far.on('data', (chunk) => {
      if (relay.isMute) return
      if (relay.delayMs === 0) near.write(chunk)
      else setTimeout(() => near.write(chunk), relay.delayMs) // one delay for all: order is kept
    })
    near.on('close', () => far.end())
    far.on('close', () => near.end())
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  const relay: Relay = {
    port: (server.address() as { port: number }).port,
    delayMs: 0,
    isMute: false,
    onToBroker: () => {},
    cut,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        cut()
      }),
  }
  return relay
}
