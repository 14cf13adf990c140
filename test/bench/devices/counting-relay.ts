/** @module Counts the bytes of a connection both ways, as TCP carries them: TLS and WebSocket included, IP and TCP headers not. */
import { connect, createServer } from 'node:net'

export interface CountingRelay {
  port: number
  /** Since the last time. */
  take(): { sent: number; received: number }
  stop(): Promise<void>
}

export async function startCountingRelay(target: number): Promise<CountingRelay> {
  let [sent, received] = [0, 0]
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true })
    near.on('error', () => far.destroy()).on('end', () => far.end())
    far.on('error', () => near.destroy()).on('end', () => near.end())
    near.on('data', (chunk: Buffer) => {
      sent += chunk.length
      far.write(chunk)
    })
    far.on('data', (chunk: Buffer) => {
      received += chunk.length
      near.write(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    take() {
      const counted = { sent, received }
      sent = 0
      received = 0
      return counted
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
