/** @module What one side of a connection takes, as its CONNECT or CONNACK says. */
import { MAX_TOPIC_ALIASES } from '../topic-aliases.ts'
import type { Properties } from '../wire/properties.ts'

export interface PeerLimits {
  readonly maximumPacketSize: number
  readonly topicAliasMaximum: number
}

/** For MQTT 3.1.1 nothing but the protocol's own bounds. */
export const NO_LIMITS: PeerLimits = { maximumPacketSize: 0x1000_0004, topicAliasMaximum: 0 }

export const limitsIn = ({ maximumPacketSize, topicAliasMaximum }: Properties): PeerLimits => ({
  maximumPacketSize: maximumPacketSize ?? NO_LIMITS.maximumPacketSize,
  topicAliasMaximum: Math.min(topicAliasMaximum ?? 0, MAX_TOPIC_ALIASES),
})
