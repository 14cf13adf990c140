/** @module One TCP or TLS connection to the broker. What can be made once for many dials is made once. */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import { HostCache } from './resolve.ts'
import { BrokerError, type BrokerTarget, nameOf } from './target.ts'

const hosts = new HostCache()
/** Parsing authorities costs more than a handshake's own mathematics. */
const contexts = new WeakMap<BrokerTarget, SecureContext>()
/** The newest ticket of each broker: resuming saves most of the next handshake. */
const tickets = new WeakMap<BrokerTarget, Buffer>()

export type Dial = typeof dialBroker

/** Resolves with a connected socket. Rejects BROKER_FAILED when that takes longer than `timeoutMs`. */
export function dialBroker(target: BrokerTarget, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = target.tls ? openTls(target) : connectTcp(placeOf(target))
    const fail = (cause?: Error): void => {
      clearTimeout(timer)
      socket.destroy()
      hosts.forget(target.host)
      const why = cause === undefined ? 'not in time' : cause.message
      const remedy = 'Check that it runs and that FLYTRAP_BROKER_URL names it.'
      const text = `The broker ${nameOf(target)} cannot be reached: ${why}. ${remedy}`
      reject(new BrokerError('BROKER_FAILED', text, { cause }))
    }
    const timer = setTimeout(fail, timeoutMs)
    socket.once('error', fail)
    socket.once(target.tls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      socket.off('error', fail).on('error', () => {}) // nobody may crash over it between two readers; `close` follows
      resolve(socket)
    })
  })
}

const placeOf = ({ host, port }: BrokerTarget) => ({ host, port, noDelay: true, lookup: hosts.lookup })

function openTls(target: BrokerTarget): Socket {
  const secureContext = contexts.get(target) ?? createSecureContext(target.ca === undefined ? {} : { ca: target.ca })
  contexts.set(target, secureContext)
  const session = tickets.get(target)
  const isName = /[a-z]/i.test(target.host) && !target.host.includes(':')
  const socket = connectTls({
    ...placeOf(target),
    secureContext,
    ...(isName ? { servername: target.host } : {}), // RFC 6066 section 3: no addresses
    ...(session === undefined ? {} : { session }),
  })
  return socket.on('session', (ticket) => tickets.set(target, ticket))
}
