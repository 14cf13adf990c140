/** @module MQTT 5 reason codes (section 2.4), and what MQTT 3.1.1 can say of them (DESIGN section 5). */

export const Reason = {
  SUCCESS: 0x00,
  CONTINUE_AUTHENTICATION: 0x18,
  REAUTHENTICATE: 0x19,
  UNSPECIFIED_ERROR: 0x80,
  MALFORMED_PACKET: 0x81,
  PROTOCOL_ERROR: 0x82,
  IMPLEMENTATION_SPECIFIC_ERROR: 0x83,
  UNSUPPORTED_PROTOCOL_VERSION: 0x84,
  CLIENT_IDENTIFIER_NOT_VALID: 0x85,
  BAD_USER_NAME_OR_PASSWORD: 0x86,
  NOT_AUTHORIZED: 0x87,
  SERVER_UNAVAILABLE: 0x88,
  SERVER_BUSY: 0x89,
  SERVER_SHUTTING_DOWN: 0x8b,
  BANNED: 0x8a,
  BAD_AUTHENTICATION_METHOD: 0x8c,
  KEEP_ALIVE_TIMEOUT: 0x8d,
  SESSION_TAKEN_OVER: 0x8e,
  TOPIC_FILTER_INVALID: 0x8f,
  TOPIC_NAME_INVALID: 0x90,
  PACKET_IDENTIFIER_NOT_FOUND: 0x92,
  TOPIC_ALIAS_INVALID: 0x94,
  PACKET_TOO_LARGE: 0x95,
  QUOTA_EXCEEDED: 0x97,
  ADMINISTRATIVE_ACTION: 0x98,
  PAYLOAD_FORMAT_INVALID: 0x99,
  RETAIN_NOT_SUPPORTED: 0x9a,
  QOS_NOT_SUPPORTED: 0x9b,
  USE_ANOTHER_SERVER: 0x9c,
  SERVER_MOVED: 0x9d,
  SHARED_SUBSCRIPTIONS_NOT_SUPPORTED: 0x9e,
  MAXIMUM_CONNECT_TIME: 0xa0,
} as const

/** Returns the CONNACK return code of MQTT 3.1.1 (table 3.1) for a refused CONNECT. */
export function connackReturnCode(reasonCode: number): number {
  switch (reasonCode) {
    case Reason.SUCCESS:
      return 0
    case Reason.UNSUPPORTED_PROTOCOL_VERSION:
      return 1
    case Reason.CLIENT_IDENTIFIER_NOT_VALID:
      return 2
    case Reason.SERVER_UNAVAILABLE:
    case Reason.QUOTA_EXCEEDED:
      return 3
    case Reason.BAD_USER_NAME_OR_PASSWORD:
      return 4
    default:
      return 5
  }
}

const OF_RETURN_CODE = [
  Reason.SUCCESS,
  Reason.UNSUPPORTED_PROTOCOL_VERSION,
  Reason.CLIENT_IDENTIFIER_NOT_VALID,
  Reason.SERVER_UNAVAILABLE,
  Reason.BAD_USER_NAME_OR_PASSWORD,
  Reason.NOT_AUTHORIZED,
]

/** Returns what a broker's CONNACK of MQTT 3.1.1 says, in the words of MQTT 5. */
export const reasonOfReturnCode = (code: number): number => OF_RETURN_CODE[code] ?? Reason.UNSPECIFIED_ERROR
