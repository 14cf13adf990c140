/** @module Clients that ask one question again and again: how long each answer took, and the server's processor time. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

export interface Server {
  url: string
  cpu(): Promise<number>
  stop(): void
}

/** `cpu`: microseconds so far. */
export async function startServer(kind: 'floor' | 'gateway', path = ''): Promise<Server> {
  const child = fork(new URL('./server-process.ts', import.meta.url), [kind, path])
  const { url } = await answer<{ url: string }>(child)
  return {
    url,
    async cpu() {
      child.send('cpu')
      const { cpu } = await answer<{ cpu: NodeJS.CpuUsage }>(child)
      return cpu.user + cpu.system
    },
    stop: () => void child.kill(),
  }
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T]
  return message
}

export interface Load {
  /** Microseconds of the server a request. */
  cpu: number
  /** Milliseconds. */
  p50: number
  p99: number
  errors: number
}

export interface Asked {
  query: string
  variables: object
}

export async function load(
  server: Server,
  ask: () => Asked,
  { requests, clients }: { requests: number; clients: number },
): Promise<Load> {
  const times: number[] = []
  let [left, errors] = [requests, 0]
  const before = await server.cpu()
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const startedAt = performance.now()
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(ask()),
      })
      const text = await response.text()
      times.push(performance.now() - startedAt)
      if (response.status !== 200 || text.includes('"errors"')) errors += 1
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  const cpu = ((await server.cpu()) - before) / requests
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return { cpu, p50: at(0.5), p99: at(0.99), errors }
}
