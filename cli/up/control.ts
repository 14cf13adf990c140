/** @module How other commands reach the running `up`: HTTP over a socket in the home, which only its owner may open. */
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import { notRunning } from '../context.ts'
import { CliError } from '../errors.ts'
import type { Home } from '../home/home.ts'

export type ControlHandlers = Record<string, (given: URLSearchParams) => Promise<object>>

/** A socket's path has at most some 100 bytes: Windows and deep homes get a pipe or a short name. */
function socketOf(home: Home): string {
  return process.platform === 'win32'
    ? `\\\\.\\pipe\\flytrap-${Buffer.from(home.dir).toString('hex').slice(-60)}`
    : home.path('run', 'control.sock')
}

export async function serveControl(home: Home, handlers: ControlHandlers): Promise<{ stop(): Promise<void> }> {
  const path = socketOf(home)
  rmSync(path, { force: true }) // of a process that was killed: we hold the home's lock
  const server: Server = createServer(async (incoming, answer) => {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://control')
    const handler = handlers[pathname.slice(1)]
    if (handler === undefined) return answer.writeHead(404).end()
    try {
      const body = JSON.stringify(await handler(searchParams))
      answer.writeHead(200).end(body)
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      answer.writeHead(500).end(JSON.stringify({ code: code ?? 'FAILED', message }))
    }
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
  if (existsSync(path)) chmodSync(path, 0o600)
  return { stop: () => new Promise((resolve) => server.close(() => resolve())) }
}

/** Asks the running `up`. Rejects NOT_RUNNING, or what it refused with. */
export function askUp<T>(home: Home, what: string, given: Record<string, string> = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { socketPath: socketOf(home), path: `/${what}?${new URLSearchParams(given)}`, method: 'POST' },
      async (answer) => {
        const chunks: Buffer[] = []
        for await (const chunk of answer) chunks.push(chunk as Buffer)
        const body = JSON.parse(Buffer.concat(chunks).toString() || '{}')
        if (answer.statusCode === 200) resolve(body as T)
        else reject(new CliError(body.code ?? 'FAILED', body.message ?? 'the running flytrap refused'))
      },
    )
    asked.on('error', () => reject(notRunning()))
    asked.end()
  })
}
