/** @module Takes the header off a connection, in however many pieces it comes, and puts back what follows it. */
import type { Socket } from 'node:net'
import type { HeaderReading } from './header.ts'
import { parseProxyHeader } from './parse-header.ts'

type Outcome = Exclude<HeaderReading, { kind: 'incomplete' }>

/**
 * Calls back once with what the connection begins with, all but the header still unread; not at all for one that ends
 * before. Bounded by the header's own limits: nothing else is kept.
 */
export function takeProxyHeader(socket: Socket, done: (outcome: Outcome) => void): void {
  let bytes: Buffer = Buffer.alloc(0)
  const read = (): void => {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
    const reading = parseProxyHeader(bytes)
    if (reading.kind === 'incomplete') return
    socket.off('readable', read)
    const rest = bytes.subarray(reading.kind === 'header' ? reading.byteLength : 0)
    if (rest.length > 0) socket.unshift(rest)
    done(reading)
  }
  socket.on('readable', read)
}
