/** @module CONNECT: which version, which proof; what it proves decides `let-in.ts`. */
import { randomBytes } from 'node:crypto'
import { DenialReason } from '../../domain/enums.ts'
import { AUTHENTICATION_METHOD } from '../../domain/typed-data.ts'
import type { Connection } from '../connection.ts'
import { isClientIdAllowed } from '../identity/client-id.ts'
import { verifyCredential } from '../identity/credential.ts'
import { type LoginVerdict, refused } from '../identity/verdict.ts'
import type { ConnectPacket, UnsupportedConnect } from '../wire/packets.ts'
import { Reason } from '../wire/reason-codes.ts'
import { sendChallenge } from './authenticate.ts'
import { finishConnect, refuseConnect } from './let-in.ts'

export async function handleConnect(connection: Connection, packet: ConnectPacket | UnsupportedConnect): Promise<void> {
  if (packet.cmd === 'unsupported-connect') {
    connection.version = packet.level >= 5 && packet.level < 0x80 ? 5 : 4
    return refuseConnect(connection, Reason.UNSUPPORTED_PROTOCOL_VERSION)
  }
  connection.version = packet.version
  connection.connect = packet
  connection.clientId = packet.clientId
  const method = packet.properties.authenticationMethod
  if (method === undefined) return finishConnect(connection, credentialOf(connection, packet))
  if (method !== AUTHENTICATION_METHOD) return finishConnect(connection, refused(DenialReason.METHOD_UNSUPPORTED))
  // Assigned here, since what is signed names it; a credential was made for an id and cannot come without one.
  if (packet.clientId === '') connection.clientId = `ft-${randomBytes(10).toString('hex')}`
  return sendChallenge(connection)
}

function credentialOf(connection: Connection, packet: ConnectPacket): LoginVerdict {
  const { userName, password, clientId } = packet
  if (userName === undefined || password === undefined) return refused(DenialReason.AUTHENTICATION_MISSING)
  if (!connection.accepted.listener.acceptsCredentials) return refused(DenialReason.LISTENER_INSECURE)
  if (!isClientIdAllowed(clientId)) return refused(DenialReason.CLIENT_ID_INVALID)
  const { deployment } = connection.context
  const now = Math.floor(Date.now() / 1_000)
  return verifyCredential({
    userName,
    password: password.toString('latin1'),
    clientId,
    deployment,
    now,
    isDeviceOf: () => false,
  })
}
