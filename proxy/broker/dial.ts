/** @module One TCP or TLS connection to the broker. */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { BrokerError, type BrokerTarget } from './target.ts'

/** Resolves with a connected socket. Rejects BROKER_FAILED when that takes longer than `timeoutMs`. */
export function dialBroker(target: BrokerTarget, timeoutMs: number): Promise<Socket> {
  const { host, port, tls } = target
  return new Promise((resolve, reject) => {
    const socket = tls ? connectTls({ host, port, servername: host }) : connectTcp({ host, port })
    const fail = (cause?: Error): void => {
      socket.destroy()
      const remedy = 'Check that it runs and that FLYTRAP_BROKER_URL names it.'
      reject(new BrokerError('BROKER_FAILED', `The broker ${host}:${port} cannot be reached. ${remedy}`, { cause }))
    }
    const timer = setTimeout(fail, timeoutMs)
    socket.once('error', fail)
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      socket.setNoDelay(true)
      resolve(socket)
    })
    socket.once('close', () => clearTimeout(timer))
  })
}
