/** @module Opens one listener: the port, and what is behind it until a connection is handed on. */
import { createServer, type Server } from 'node:net'
import type { ListenerKind } from './accepted.ts'
import { Entrance, type ListenerParts } from './entrance.ts'
import type { ListenerOptions } from './listener-options.ts'

export interface OpenListener {
  kind: ListenerKind
  port: number
  /** Reads certificate and key again. Throws ListenError, and the old ones stay in force. */
  reload(): void
  /** Takes nobody more, and ends who is still in a handshake. Resolves once all its connections are gone. */
  close(): Promise<void>
}

/** Accepts that wait for us in the kernel: a power cut brings all devices back at once. */
const BACKLOG = 1_024
/** Devices without Keep Alive that vanished are found by TCP. */
const TCP_KEEP_ALIVE_MS = 60_000

/** Rejects ListenError, or the listener's own error (EADDRINUSE). */
export async function openListener(options: ListenerOptions, parts: ListenerParts): Promise<OpenListener> {
  const entrance = new Entrance(options, parts)
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS }, (socket) =>
    entrance.receive(socket),
  )
  try {
    await listen(server, options)
  } catch (error) {
    entrance.close()
    throw error
  }
  server.on('error', (error) => parts.log.error({ err: error }, 'listener'))
  return {
    kind: entrance.listener.kind,
    port: portOf(server),
    reload: () => entrance.reload(),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      entrance.close()
      await closed
    },
  }
}

function listen(server: Server, { host, port, reusePort = false }: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: BACKLOG, reusePort }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the listener has no port')
  return address.port
}
