/** @module Every packet of a device goes through here, and none is forwarded that no branch below understood. */
import type { Connection } from '../connection.ts'
import { decodePacket } from '../wire/decode.ts'
import { PINGRESP } from '../wire/encode.ts'
import { type Frame, malformed } from '../wire/frame.ts'
import type { Packet } from '../wire/packets.ts'
import { Reason } from '../wire/reason-codes.ts'
import { PUBREL, passAckToBroker, plainAckId } from './acknowledge.ts'
import { handleAuth } from './authenticate.ts'
import { handleConnect } from './connect.ts'
import { handleDisconnect } from './disconnect.ts'
import { handlePublish } from './publish.ts'
import { handleRelease } from './release.ts'
import { handleSubscribe, handleUnsubscribe } from './subscribe.ts'

const PUBLISH = 3

export function handleDeviceFrame(connection: Connection, frame: Frame): Promise<void> | undefined {
  const { phase, version } = connection
  if (phase === 'closed') return undefined
  if (phase === 'open') {
    if (frame.type === PUBLISH) return handlePublish(connection, frame)
    const packetId = plainAckId(frame)
    if (packetId !== 0) {
      if (frame.type === PUBREL) return handleRelease(connection, frame, packetId)
      passAckToBroker(connection, frame, 0)
      return undefined
    }
  }
  const isFirst = phase === 'connect'
  const decoded = decodePacket(frame, { version: isFirst ? undefined : version, from: 'client' })
  if (decoded.kind === 'malformed') {
    connection.refuseMalformed(decoded)
    return undefined
  }
  const { packet } = decoded
  if (isFirst) return handleFirst(connection, packet)
  if (phase === 'authenticate' && packet.cmd === 'disconnect') return connection.close() as undefined
  if (phase === 'authenticate' && packet.cmd !== 'auth') return refuse(connection, 'no AUTH [MQTT-3.1.2-30]')
  return handleKnown(connection, packet, frame)
}

function handleFirst(connection: Connection, packet: Packet): Promise<void> | undefined {
  const isConnect = packet.cmd === 'connect' || packet.cmd === 'unsupported-connect'
  return isConnect ? handleConnect(connection, packet) : refuse(connection, 'no CONNECT [MQTT-3.1.0-1]')
}

function handleKnown(connection: Connection, packet: Packet, frame: Frame): Promise<void> | undefined {
  switch (packet.cmd) {
    case 'auth':
      return handleAuth(connection, packet)
    case 'subscribe':
      return handleSubscribe(connection, packet, frame)
    case 'unsubscribe':
      return handleUnsubscribe(connection, packet, frame)
    case 'puback':
    case 'pubrec':
    case 'pubcomp':
      passAckToBroker(connection, frame, packet.reasonCode)
      return undefined
    case 'pubrel':
      return handleRelease(connection, frame, packet.packetId)
    case 'pingreq':
      // Answered here: the broker's side is kept alive on its own.
      connection.reply(PINGRESP)
      return undefined
    case 'disconnect':
      return handleDisconnect(connection, packet, frame)
    default:
      return refuse(connection, `unexpected ${packet.cmd} [MQTT-3.1.0-2]`)
  }
}

function refuse(connection: Connection, why: string): undefined {
  connection.refuseMalformed(malformed(why, Reason.PROTOCOL_ERROR))
  return undefined
}
