/**
 * @module TLS 1.2 and 1.3 over connections that were accepted elsewhere, since a PROXY header may come before it. A
 * client certificate is asked for, never demanded; that its key is at hand, TLS proves, in resumed sessions by the
 * first handshake, whose certificate the session carries.
 */
import { constants, type X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type SecureContextOptions, type TLSSocket } from 'node:tls'
import type { ServerCertificate } from './read-certificate.ts'

export interface TlsOptions {
  certificate: ServerCertificate
  /** What may be spoken inside (RFC 7301): a browser's HTTP must never be taken for MQTT. */
  protocol: 'mqtt' | 'http/1.1'
  timeoutMs: number
}

export interface Handshaken {
  socket: TLSSocket
  clientCertificate: X509Certificate | undefined
}

export interface TlsServer {
  /** Calls back once: with the encrypted connection, or with why there is none. */
  shake(socket: Socket, done: (outcome: Handshaken | Error) => void): void
  /** New handshakes get it; connections and tickets of the old one end by themselves. */
  setCertificate(certificate: ServerCertificate): void
}

/** Forward secrecy and authenticated encryption only; TLS 1.3 has nothing else anyway. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

const contextOf = ({ cert, key }: ServerCertificate): SecureContextOptions => ({
  cert,
  key,
  ciphers: CIPHERS,
  minVersion: 'TLSv1.2',
  // Devices without AES in hardware ask for ChaCha20 first, and get it.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_PRIORITIZE_CHACHA,
  honorCipherOrder: true,
})

export function serveTls({ certificate, protocol, timeoutMs }: TlsOptions): TlsServer {
  const waiting = new Map<string, (outcome: Handshaken | Error) => void>()
  const settle = (socket: TLSSocket, outcome: Handshaken | Error): void => {
    const key = endpointsOf(socket)
    const done = waiting.get(key)
    waiting.delete(key)
    if (done === undefined) socket.destroy()
    else done(outcome)
  }
  const server = createServer({
    ...contextOf(certificate),
    requestCert: true,
    rejectUnauthorized: false, // who signed it says nothing: the chain of blocks decides on the key
    ALPNProtocols: [protocol],
    handshakeTimeout: timeoutMs,
  })
  server.on('secureConnection', (socket) => {
    settle(socket, { socket, clientCertificate: socket.getPeerX509Certificate() })
  })
  server.on('tlsClientError', (error, socket) => settle(socket, error))
  return {
    shake(socket, done) {
      const key = endpointsOf(socket)
      waiting.set(key, done)
      socket.once('close', () => {
        if (waiting.get(key) !== done) return
        waiting.delete(key)
        done(new Error('the connection closed within its TLS handshake'))
      })
      server.emit('connection', socket)
    },
    setCertificate: (next) => server.setSecureContext(contextOf(next)),
  }
}

/** Both ends of a connection name it while it lives: how the encrypted one is known for the one it came from. */
const endpointsOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket): string =>
  `${remoteAddress}|${remotePort}|${localAddress}|${localPort}`
