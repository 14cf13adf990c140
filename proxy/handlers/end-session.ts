/** @module The end of a session at the broker, with all that it holds there, once its connection was cut. */
import { dialBroker } from '../broker/dial.ts'
import { leaveBroker } from '../broker/greet.ts'
import { logInTwin } from '../broker/log-in.ts'
import type { BrokerTarget } from '../broker/target.ts'
import type { Connection } from '../connection.ts'
import type { KeptSession } from '../kept/session.ts'
import type { ConnectPacket } from '../wire/packets.ts'
import { connectForBroker } from './introduce.ts'

/**
 * One that ends with its connection has ended. One that is kept is ended as both versions know it: by a clean CONNECT of the
 * same client id, without a Will, that leaves at once [MQTT-3.1.2-4]. A device that comes back meanwhile waits for it; one that
 * came before is not thrown out. A broker that cannot be reached keeps the session, and what it holds stays undelivered.
 */
export function endSessionAtBroker(connection: Connection): void {
  const { keptSession, context } = connection
  if (keptSession === undefined) return
  const { clientId } = keptSession
  const ending = end(connection, keptSession)
  context.sessions.leave(clientId, ending)
  context.unsettled.add(ending)
}

/** Never rejects. */
async function end(connection: Connection, { broker, clientId }: KeptSession): Promise<void> {
  const { brokers, sessions, limits, counters } = connection.context
  const { version, log } = connection
  await sessions.left(clientId) // its Will would fire
  const answer = await logInTwin({
    // The others never had it.
    pool: { candidates: (...asked) => brokers.candidates(...asked).filter(({ name }) => name === broker) },
    version,
    clientId,
    dial: dialBroker,
    connectFor: (target) => cleanConnect(connection, target),
    timeoutMs: limits.connectTimeoutMs,
    isWanted: () => !sessions.isHeld(clientId),
    log,
  })
  counters.count(`session:${answer.kind === 'accepted' ? 'ended' : 'not-ended'}`)
  if (answer.kind === 'accepted') await leaveBroker(answer.socket, version)
}

function cleanConnect(connection: Connection, target: BrokerTarget): ConnectPacket {
  const { will: _none, ...connect } = connectForBroker(connection, target)
  return { ...connect, clean: true, properties: {} }
}
