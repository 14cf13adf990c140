/** @module Aedes in a process of its own: it would share the proxy's event loop. It ends when its owner does. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { BrokerError, type BrokerStart } from './target.ts'

export function startAedes({ port, login }: BrokerStart): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('./aedes-process.ts', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    const fail = (why: unknown): void => reject(new BrokerError('BROKER_FAILED', `The embedded broker ended: ${why}`))
    child.once('error', fail)
    child.once('exit', fail)
    child.once('message', () => resolve(child))
    child.send({ port, ...login }) // over the pipe: never in a command line or the environment
  })
}
