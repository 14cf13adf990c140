/**
 * @module The numbers that stand on chain. Solidity, AssemblyScript and GraphQL take theirs from here
 * (`npm run generate`); a number that was ever recorded never changes its meaning. Pure.
 */

/** What a record tells. 0 is reserved: a sealed record says nothing of its action. */
export const Action = {
  CONNECT: 1,
  AUTHENTICATE: 2,
  SUBSCRIBE: 3,
  PUBLISH: 4,
  DELIVER: 5,
  WILL: 6,
  CUT: 7,
  BAN: 8,
  UNBAN: 9,
  POLICY: 10,
  DISCLOSE: 11,
  ERASE: 12,
} as const
export type Action = (typeof Action)[keyof typeof Action]

/** The low bits of a record's outcome byte. */
export const Outcome = { ALLOWED: 0, DENIED: 1 } as const
export type Outcome = (typeof Outcome)[keyof typeof Outcome]

/** The high bits of a record's outcome byte. */
export const OutcomeFlag = { COUNT_IS_LOWER_BOUND: 0x80, SEALED: 0x40 } as const

/** Why an access was denied or a connection cut: 1xx who is it, 2xx may it, 3xx limits and availability. */
export const DenialReason = {
  NONE: 0,
  CREDENTIAL_MALFORMED: 100,
  SIGNATURE_INVALID: 101,
  SIGNER_NOT_AUTHORIZED: 102,
  CREDENTIAL_NOT_YET_VALID: 103,
  CREDENTIAL_EXPIRED: 104,
  CREDENTIAL_REVOKED: 105,
  CHALLENGE_EXPIRED: 106,
  AUDIENCE_UNKNOWN: 107,
  METHOD_UNSUPPORTED: 108,
  CLIENT_ID_INVALID: 109,
  CREDENTIAL_TOO_LONG_LIVED: 110,
  AUTHENTICATION_MISSING: 111,
  AUTHENTICATION_TIMEOUT: 112,
  WALLET_SUSPENDED: 113,
  BANNED: 114,
  LISTENER_INSECURE: 115,
  WALLET_CHANGED: 116,
  DEVICE_KEY_EXPIRED: 117,
  DEVICE_KEY_REVOKED: 118,
  TOPIC_NAME_INVALID: 200,
  TOPIC_FILTER_INVALID: 201,
  TOPIC_UNREGISTERED: 202,
  NO_GRANT: 203,
  GRANT_EXPIRED: 204,
  GRANT_REVOKED: 205,
  GRANT_SUPERSEDED: 206,
  GRANT_UNCONFIRMED: 207,
  FILTER_WIDER_THAN_GRANT: 208,
  COUNTRY_NOT_PERMITTED: 209,
  COUNTRY_UNKNOWN: 210,
  TOPIC_RESERVED: 211,
  SHARED_SUBSCRIPTION_UNSUPPORTED: 212,
  WILL_UNSUPPORTED: 213,
  RESPONSE_TOPIC_UNSUPPORTED: 214,
  TOPIC_ALIAS_UNSUPPORTED: 215,
  VIEW_STALE: 300,
  JOURNAL_UNAVAILABLE: 301,
  BROKER_UNAVAILABLE: 302,
  LIMIT_EXCEEDED: 303,
  PACKET_TOO_LARGE: 304,
  RATE_EXCEEDED: 305,
  KEEP_ALIVE_TIMEOUT: 306,
  SHUTTING_DOWN: 307,
  PROTOCOL_ERROR: 308,
  MALFORMED_PACKET: 309,
  SLOW_READER: 310,
} as const
export type DenialReason = (typeof DenialReason)[keyof typeof DenialReason]

/** What a grant gives. One grant per (topic, account, right). */
export const Right = { PUBLISH: 1, SUBSCRIBE: 2 } as const
export type Right = (typeof Right)[keyof typeof Right]

/** GDPR Art. 6(1)(a) to (f), in its order. */
export const LawfulBasis = {
  CONSENT: 1,
  CONTRACT: 2,
  LEGAL_OBLIGATION: 3,
  VITAL_INTERESTS: 4,
  PUBLIC_TASK: 5,
  LEGITIMATE_INTERESTS: 6,
} as const
export type LawfulBasis = (typeof LawfulBasis)[keyof typeof LawfulBasis]

/** Where a topic may be used from: a row of its terms, with a set of countries (domain/country.ts). */
export const CountryRule = { ANYWHERE: 0, ONLY: 1, ALL_BUT: 2 } as const
export type CountryRule = (typeof CountryRule)[keyof typeof CountryRule]

/** What a credit was for: a seller's part, the broker owner's share and flat fee, a refund, what a refund left over. */
export const Income = { SALE: 1, SHARE: 2, FEE: 3, REFUND: 4, CHANGE: 5 } as const
export type Income = (typeof Income)[keyof typeof Income]

export const RecorderState = { NONE: 0, ACTIVE: 1, RETIRED: 2, STOPPED: 3 } as const
export type RecorderState = (typeof RecorderState)[keyof typeof RecorderState]

export const ReportKind = {
  TOPIC_ACCESS: 1,
  SUBJECT_ACCESS: 2,
  BREACH_SCOPE: 3,
  RIGHTS_AT_DATE: 4,
  ERASURE_CERTIFICATE: 5,
  SYSTEM_INTEGRITY: 6,
} as const
export type ReportKind = (typeof ReportKind)[keyof typeof ReportKind]

export const ENUMS = {
  Action,
  Outcome,
  DenialReason,
  Right,
  LawfulBasis,
  CountryRule,
  Income,
  RecorderState,
  ReportKind,
} as const

/** Returns the name of `value` in `table`, or undefined when no such number was ever given out. */
export function enumName<T extends Record<string, number>>(table: T, value: number): (keyof T & string) | undefined {
  return Object.keys(table).find((name) => table[name] === value)
}
