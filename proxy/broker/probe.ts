/** @module Whether a broker lets in anybody: then devices could go around the proxy (DESIGN section 6). */
import { randomBytes } from 'node:crypto'
import type { ConnectPacket } from '../wire/packets.ts'
import { Reason } from '../wire/reason-codes.ts'
import { greetBroker, leaveBroker } from './greet.ts'
import type { BrokerTarget } from './target.ts'

export type AnonymousLogin = 'refused' | 'accepted' | 'unreachable'

/** Tries to log in without name and password. A broker that hangs up instead of answering has refused. */
export async function probeAnonymousLogin(target: BrokerTarget, timeoutMs = 3_000): Promise<AnonymousLogin> {
  for (const version of [5, 4] as const) {
    const greeting = await greetBroker(target, anonymous(version), timeoutMs)
    if (greeting.kind === 'accepted') {
      leaveBroker(greeting.socket, version)
      return 'accepted'
    }
    if (greeting.kind === 'failed' && (greeting.why === 'unreachable' || greeting.why === 'silent'))
      return 'unreachable'
    const isAboutVersion = greeting.kind === 'failed' || greeting.reasonCode === Reason.UNSUPPORTED_PROTOCOL_VERSION
    if (!isAboutVersion) return 'refused'
  }
  return 'refused'
}

const anonymous = (version: 4 | 5): ConnectPacket => ({
  cmd: 'connect',
  version,
  clientId: `ftprobe${randomBytes(8).toString('hex')}`, // 23 bytes: every broker must take them [MQTT-3.1.3-5]
  clean: true,
  keepAlive: 10,
  properties: {},
})
