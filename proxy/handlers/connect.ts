/** @module CONNECT: which version, which proof; what it proves decides `let-in.ts`. */
import { randomBytes } from 'node:crypto'
import { DenialReason } from '../../domain/enums.ts'
import { AUTHENTICATION_METHOD } from '../../domain/typed-data.ts'
import { clock } from '../clock.ts'
import { limitsIn } from '../connection/peer-limits.ts'
import type { Connection } from '../connection.ts'
import { verifyCertificate } from '../identity/certificate.ts'
import { isClientIdAllowed } from '../identity/client-id.ts'
import { verifyCredential } from '../identity/credential.ts'
import { deviceKeys } from '../identity/standing.ts'
import { type LoginVerdict, refused } from '../identity/verdict.ts'
import type { ConnectPacket, UnsupportedConnect } from '../wire/packets.ts'
import { Reason } from '../wire/reason-codes.ts'
import { sendChallenge } from './authenticate.ts'
import { finishConnect } from './let-in.ts'
import { refuseConnect, refuseStranger } from './refuse-connect.ts'
import { somebodyOf } from './somebody.ts'

export async function handleConnect(connection: Connection, packet: ConnectPacket | UnsupportedConnect): Promise<void> {
  if (packet.cmd === 'unsupported-connect') {
    connection.version = packet.level >= 5 && packet.level < 0x80 ? 5 : 4
    return refuseConnect(connection, Reason.UNSUPPORTED_PROTOCOL_VERSION)
  }
  connection.version = packet.version
  connection.connect = packet
  connection.deviceTakes = limitsIn(packet.properties)
  const { firstLook } = connection.context.brokers
  if (firstLook !== undefined) {
    await firstLook // before it, names that a broker keeps would be refused as if it did not
    if (connection.phase !== 'connect') return
  }
  // Known before anybody is asked who he is: FlyTrap does not translate versions.
  if (!connection.context.brokers.speaks(packet.version)) {
    connection.context.counters.count('connect:version')
    return refuseConnect(connection, Reason.UNSUPPORTED_PROTOCOL_VERSION)
  }
  connection.clientId = packet.clientId
  const method = packet.properties.authenticationMethod
  if (method !== undefined && method !== AUTHENTICATION_METHOD) {
    return finishConnect(connection, refused(DenialReason.METHOD_UNSUPPORTED))
  }
  const refusal = connection.context.guard.abuse.refusal(somebodyOf(connection))
  if (refusal !== undefined) return refuseStranger(connection, refusal) // no proof is looked at
  if (method === undefined && packet.password !== undefined) return finishConnect(connection, credentialOf(connection))
  assignClientId(connection, packet)
  return method === undefined ? finishConnect(connection, certificateOf(connection)) : sendChallenge(connection)
}

/** A credential was made for an id and cannot come without one; the other proofs can. [MQTT-3.1.3-6] [MQTT-3.1.3-8] */
function assignClientId(connection: Connection, { clientId, version, clean }: ConnectPacket): void {
  if (clientId === '' && (version === 5 || clean)) connection.clientId = `ft-${randomBytes(10).toString('hex')}`
}

function credentialOf(connection: Connection): LoginVerdict {
  const { userName, password, clientId = '' } = connection.connect ?? {}
  if (userName === undefined || password === undefined) return refused(DenialReason.AUTHENTICATION_MISSING)
  if (!connection.accepted.listener.acceptsCredentials) return refused(DenialReason.LISTENER_INSECURE)
  if (!isClientIdAllowed(clientId)) return refused(DenialReason.CLIENT_ID_INVALID)
  const { deployment, failedLogins, chain } = connection.context
  const now = clock.seconds()
  const isDeviceOf = deviceKeys(chain.views, now)
  const facts = { userName, password: password.toString('latin1'), clientId }
  return verifyCredential({ ...facts, deployment, now, isDeviceOf, failedLogins })
}

function certificateOf(connection: Connection): LoginVerdict {
  const { accepted, clientId, connect, context } = connection
  if (accepted.refusedKey !== undefined) return refused(DenialReason.METHOD_UNSUPPORTED)
  if (accepted.device === undefined) return refused(DenialReason.AUTHENTICATION_MISSING)
  if (!isClientIdAllowed(clientId)) return refused(DenialReason.CLIENT_ID_INVALID)
  const isDeviceOf = deviceKeys(context.chain.views, clock.seconds())
  return verifyCertificate({ userName: connect?.userName, clientId, device: accepted.device, isDeviceOf })
}
