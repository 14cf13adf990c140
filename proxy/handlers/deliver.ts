/**
 * @module What the broker sends to a device is decided again, message by message: revocation, expiry and carve-outs bite
 * at once, on persistent sessions and retained messages too.
 */
import { Action, DenialReason, enumName } from '../../domain/enums.ts'
import type { CachedDecision, Connection } from '../connection.ts'
import { encodePacket } from '../wire/encode.ts'
import type { Frame } from '../wire/frame.ts'
import { inspectPublish, type Publish } from '../wire/inspect-publish.ts'
import { countUse, decideName } from './decide.ts'

export function handleDelivery(connection: Connection, frame: Frame): Promise<void> | undefined {
  const publish = inspectPublish(frame, connection.version)
  if (publish.kind === 'malformed') return lose(connection, publish.why)
  if (publish.properties.topicAlias !== undefined) return lose(connection, 'a topic alias that we did not allow')
  const cache = connection.deliverCache
  const decided = decideName(connection, publish, { cache, kind: 'deliver', action: Action.DELIVER })
  if ('kind' in decided) return lose(connection, decided.why)

  const window = countUse(connection, decided, publish, Action.DELIVER)
  if (window.isDurable) {
    finish(connection, frame, publish, decided)
    return undefined
  }
  return window.durable.then(() => finish(connection, frame, publish, decided))
}

function finish(connection: Connection, frame: Frame, publish: Publish, { decision }: CachedDecision): void {
  if (connection.phase !== 'open') return
  if (decision.outcome === 'allowed') return connection.deliver(frame.bytes)
  connection.context.counters.count(`deliver:${enumName(DenialReason, decision.reason)}`)
  withhold(connection, publish)
}

/**
 * The broker must believe it delivered, or its window fills and the session stalls. PUBREC 0x00, not 0x87: Mosquitto
 * 2.0.11 loses a place of its window for each 0x87.
 */
function withhold(connection: Connection, { qos, packetId }: Publish): void {
  if (qos === 0) return
  if (qos === 2) connection.withheld.add(packetId)
  const cmd = qos === 1 ? 'puback' : 'pubrec'
  connection.toBroker(encodePacket({ cmd, packetId, reasonCode: 0, properties: {} }, connection.version))
}

function lose(connection: Connection, why: string): undefined {
  connection.loseBroker(why)
  return undefined
}
