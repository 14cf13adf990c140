/** @module The gateway in a process of its own, and what `up` asks of it. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ENGINE_FLAGS } from '../../subgraph/engine/flags.ts'
import { CliError } from '../errors.ts'
import type { GatewayMessage, GatewayOrder, GatewayQuestions, GatewayReply } from './gateway-messages.ts'

export interface GatewayChild {
  url: string
  exited: Promise<number | null>
  /** Rejects with the gateway's own code, or GATEWAY_FAILED once it is gone. */
  ask<K extends keyof GatewayQuestions>(what: K, ...given: GatewayQuestions[K][0]): Promise<GatewayQuestions[K][1]>
  stop(): Promise<void>
}

const DUMP_LOOK_MS = 100

/** Rejects GATEWAY_FAILED with the child's words. `dumpedThrough` is given where the chain is ours. */
export async function forkGateway(order: GatewayOrder, dumpedThrough?: () => number): Promise<GatewayChild> {
  const script = fileURLToPath(new URL('./gateway-process.ts', import.meta.url))
  // 'advanced': bigints and undefined pass as they are.
  const execArgv = [...process.execArgv, ...ENGINE_FLAGS]
  const child = fork(script, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced', execArgv })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const ask = askingOf(child, exited)
  const stopTelling = dumpedThrough === undefined ? () => {} : tellOfDumps(child, dumpedThrough)
  void exited.then(stopTelling)
  const url = await started(child, exited, order)
  return { url, exited, ask, stop: () => end(child, exited) }
}

function started(child: ChildProcess, exited: Promise<number | null>, order: GatewayOrder): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      child.kill('SIGTERM') // or it waits for ever, and we with it
      reject(new CliError('GATEWAY_FAILED', `The gateway did not start: ${why}`))
    }
    child.once('error', (error) => fail(error.message))
    exited.then((code) => fail(`it ended with ${code}`))
    child.once('message', (reply: GatewayReply) => {
      if ('url' in reply) resolve(reply.url)
      else fail('error' in reply ? reply.error : 'no reason given')
    })
    send(child, { order })
  })
}

function askingOf(child: ChildProcess, exited: Promise<unknown>): GatewayChild['ask'] {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let lastId = 0
  let isGone = false
  const gone = (): CliError => new CliError('GATEWAY_FAILED', 'The gateway ended. See: npx flytrap status')
  child.on('message', (reply: GatewayReply) => {
    if (!('id' in reply)) return
    const asked = waiting.get(reply.id)
    waiting.delete(reply.id)
    if ('failed' in reply) asked?.reject(new CliError(reply.failed.code, reply.failed.message))
    else asked?.resolve(reply.value as never)
  })
  exited.then(() => {
    isGone = true
    for (const { reject } of waiting.values()) reject(gone())
    waiting.clear()
  })
  return (ask, ...given) =>
    new Promise((resolve, reject) => {
      if (isGone) return reject(gone())
      const id = ++lastId
      waiting.set(id, { resolve, reject })
      send(child, { id, ask, given } as GatewayMessage)
    })
}

/** A killed chain comes back as its last dump on disk: what the gateway recorded is final only in there. */
function tellOfDumps(child: ChildProcess, dumpedThrough: () => number): () => void {
  let told = -1
  const timer = setInterval(() => {
    if (dumpedThrough() === told) return
    told = dumpedThrough()
    send(child, { dumpedThrough: told })
  }, DUMP_LOOK_MS)
  return () => clearInterval(timer)
}

/** A child that is gone says so by its exit. */
const send = (child: ChildProcess, message: GatewayMessage): void => {
  if (child.connected) child.send(message, () => {})
}

async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await exited
  clearTimeout(hard)
}
