/** @module The gateway in a process of its own. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { EngineOptions } from '../../subgraph/engine/open-engine.ts'
import { CliError } from '../errors.ts'

export interface GatewayOrder {
  host: string
  port: number
  engine: Omit<EngineOptions, 'chainId' | 'log'> & { chainId: string }
  log: { level: string; path: string }
}

export interface GatewayChild {
  url: string
  exited: Promise<number | null>
  stop(): Promise<void>
}

/** Rejects GATEWAY_FAILED with the child's words. */
export function forkGateway(order: GatewayOrder): Promise<GatewayChild> {
  const script = fileURLToPath(new URL('./gateway-process.ts', import.meta.url))
  const child = fork(script, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      child.kill('SIGTERM') // or it waits for ever, and we with it
      reject(new CliError('GATEWAY_FAILED', `The gateway did not start: ${why}`))
    }
    child.once('error', (error) => fail(error.message))
    exited.then((code) => fail(`it ended with ${code}`))
    child.once('message', (answer: { url?: string; error?: string }) => {
      if (answer.url === undefined) return fail(answer.error ?? 'no reason given')
      resolve({ url: answer.url, exited, stop: () => end(child, exited) })
    })
    child.send(order)
  })
}

async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await exited
  clearTimeout(hard)
}
