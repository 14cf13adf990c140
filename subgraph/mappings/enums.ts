// Generated from domain/enums.ts by `npm run generate`. Do not edit.

export function actionName(value: i32): string {
  if (value == 1) return "CONNECT"
  if (value == 2) return "AUTHENTICATE"
  if (value == 3) return "SUBSCRIBE"
  if (value == 4) return "PUBLISH"
  if (value == 5) return "DELIVER"
  if (value == 6) return "WILL"
  if (value == 7) return "CUT"
  if (value == 8) return "BAN"
  if (value == 9) return "UNBAN"
  if (value == 10) return "POLICY"
  if (value == 11) return "DISCLOSE"
  if (value == 12) return "ERASE"
  return "UNKNOWN_" + value.toString()
}

export function outcomeName(value: i32): string {
  if (value == 0) return "ALLOWED"
  if (value == 1) return "DENIED"
  return "UNKNOWN_" + value.toString()
}

export function denialReasonName(value: i32): string {
  if (value == 0) return "NONE"
  if (value == 100) return "CREDENTIAL_MALFORMED"
  if (value == 101) return "SIGNATURE_INVALID"
  if (value == 102) return "SIGNER_NOT_AUTHORIZED"
  if (value == 103) return "CREDENTIAL_NOT_YET_VALID"
  if (value == 104) return "CREDENTIAL_EXPIRED"
  if (value == 105) return "CREDENTIAL_REVOKED"
  if (value == 106) return "CHALLENGE_EXPIRED"
  if (value == 107) return "AUDIENCE_UNKNOWN"
  if (value == 108) return "METHOD_UNSUPPORTED"
  if (value == 109) return "CLIENT_ID_INVALID"
  if (value == 110) return "CREDENTIAL_TOO_LONG_LIVED"
  if (value == 111) return "AUTHENTICATION_MISSING"
  if (value == 112) return "AUTHENTICATION_TIMEOUT"
  if (value == 113) return "WALLET_SUSPENDED"
  if (value == 114) return "BANNED"
  if (value == 115) return "LISTENER_INSECURE"
  if (value == 116) return "WALLET_CHANGED"
  if (value == 117) return "DEVICE_KEY_EXPIRED"
  if (value == 118) return "DEVICE_KEY_REVOKED"
  if (value == 200) return "TOPIC_NAME_INVALID"
  if (value == 201) return "TOPIC_FILTER_INVALID"
  if (value == 202) return "TOPIC_UNREGISTERED"
  if (value == 203) return "NO_GRANT"
  if (value == 204) return "GRANT_EXPIRED"
  if (value == 205) return "GRANT_REVOKED"
  if (value == 206) return "GRANT_SUPERSEDED"
  if (value == 207) return "GRANT_UNCONFIRMED"
  if (value == 208) return "FILTER_WIDER_THAN_GRANT"
  if (value == 209) return "COUNTRY_NOT_PERMITTED"
  if (value == 210) return "COUNTRY_UNKNOWN"
  if (value == 211) return "TOPIC_RESERVED"
  if (value == 212) return "SHARED_SUBSCRIPTION_UNSUPPORTED"
  if (value == 213) return "WILL_UNSUPPORTED"
  if (value == 214) return "RESPONSE_TOPIC_UNSUPPORTED"
  if (value == 215) return "TOPIC_ALIAS_UNSUPPORTED"
  if (value == 300) return "VIEW_STALE"
  if (value == 301) return "JOURNAL_UNAVAILABLE"
  if (value == 302) return "BROKER_UNAVAILABLE"
  if (value == 303) return "LIMIT_EXCEEDED"
  if (value == 304) return "PACKET_TOO_LARGE"
  if (value == 305) return "RATE_EXCEEDED"
  if (value == 306) return "KEEP_ALIVE_TIMEOUT"
  if (value == 307) return "SHUTTING_DOWN"
  if (value == 308) return "PROTOCOL_ERROR"
  if (value == 309) return "MALFORMED_PACKET"
  if (value == 310) return "SLOW_READER"
  return "UNKNOWN_" + value.toString()
}

export function rightName(value: i32): string {
  if (value == 1) return "PUBLISH"
  if (value == 2) return "SUBSCRIBE"
  return "UNKNOWN_" + value.toString()
}

export function lawfulBasisName(value: i32): string {
  if (value == 1) return "CONSENT"
  if (value == 2) return "CONTRACT"
  if (value == 3) return "LEGAL_OBLIGATION"
  if (value == 4) return "VITAL_INTERESTS"
  if (value == 5) return "PUBLIC_TASK"
  if (value == 6) return "LEGITIMATE_INTERESTS"
  return "UNKNOWN_" + value.toString()
}

export function countryRuleName(value: i32): string {
  if (value == 0) return "ANYWHERE"
  if (value == 1) return "ONLY"
  if (value == 2) return "ALL_BUT"
  return "UNKNOWN_" + value.toString()
}

export function incomeName(value: i32): string {
  if (value == 1) return "SALE"
  if (value == 2) return "SHARE"
  if (value == 3) return "FEE"
  if (value == 4) return "REFUND"
  if (value == 5) return "CHANGE"
  return "UNKNOWN_" + value.toString()
}

export function recorderStateName(value: i32): string {
  if (value == 0) return "NONE"
  if (value == 1) return "ACTIVE"
  if (value == 2) return "RETIRED"
  if (value == 3) return "STOPPED"
  return "UNKNOWN_" + value.toString()
}

export function reportKindName(value: i32): string {
  if (value == 1) return "TOPIC_ACCESS"
  if (value == 2) return "SUBJECT_ACCESS"
  if (value == 3) return "BREACH_SCOPE"
  if (value == 4) return "RIGHTS_AT_DATE"
  if (value == 5) return "ERASURE_CERTIFICATE"
  if (value == 6) return "SYSTEM_INTEGRITY"
  return "UNKNOWN_" + value.toString()
}
