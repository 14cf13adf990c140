/** @module The words of codes, in English. A code that has none is shown in its own words: nothing is left out. Pure. */

/** What was done, when it was allowed. */
const DONE: Record<string, string> = {
  SUBSCRIBE: 'Subscribed',
  PUBLISH: 'Published',
  DELIVER: 'Received',
  WILL: 'Will published',
  DISCLOSE: 'Saw evidence',
}

/** What was asked for, when it was refused. */
const REFUSED: Record<string, string> = {
  SUBSCRIBE: 'Subscribe refused',
  PUBLISH: 'Publish refused',
  DELIVER: 'Delivery withheld',
  WILL: 'Will refused',
  DISCLOSE: 'Evidence refused',
}

/** Counted accesses. */
const COUNTED: Record<string, [string, string]> = {
  SUBSCRIBE: ['subscription', 'subscriptions'],
  PUBLISH: ['publication', 'publications'],
  DELIVER: ['delivery', 'deliveries'],
  WILL: ['will', 'wills'],
  DISCLOSE: ['disclosure', 'disclosures'],
}

const REASONS: Record<string, string> = {
  DEVICE_KEY_EXPIRED: 'the device key had expired',
  DEVICE_KEY_REVOKED: 'the device key had been revoked',
  TOPIC_NAME_INVALID: 'the topic name is not valid MQTT',
  TOPIC_FILTER_INVALID: 'the topic filter is not valid MQTT',
  TOPIC_UNREGISTERED: 'no registered topic covers it',
  NO_GRANT: 'no grant covers it',
  GRANT_EXPIRED: 'the grant had expired',
  GRANT_REVOKED: 'the grant had been revoked',
  GRANT_SUPERSEDED: 'the topic had changed hands since the grant',
  GRANT_UNCONFIRMED: 'the grant was not yet confirmed on chain',
  FILTER_WIDER_THAN_GRANT: 'the filter is wider than the grant',
  COUNTRY_NOT_PERMITTED: 'the country is not permitted',
  COUNTRY_UNKNOWN: 'the country is unknown',
  TOPIC_RESERVED: 'the topic is reserved',
  SHARED_SUBSCRIPTION_UNSUPPORTED: 'the broker has no shared subscriptions',
  VIEW_STALE: 'the chain could not be read',
}

const BASES: Record<string, string> = {
  CONSENT: 'Consent, Art. 6(1)(a)',
  CONTRACT: 'Contract, Art. 6(1)(b)',
  LEGAL_OBLIGATION: 'Legal obligation, Art. 6(1)(c)',
  VITAL_INTERESTS: 'Vital interests, Art. 6(1)(d)',
  PUBLIC_TASK: 'Public task, Art. 6(1)(e)',
  LEGITIMATE_INTERESTS: 'Legitimate interests, Art. 6(1)(f)',
}

export const done = (action: string): string => DONE[action] ?? inWords(action)
export const refused = (action: string): string => REFUSED[action] ?? `${inWords(action)} refused`
export const reason = (code: string): string => REASONS[code] ?? inWords(code).toLowerCase()
export const lawfulBasis = (code: string): string => BASES[code] ?? inWords(code)
export const right = (code: string): string => inWords(code)
export const counted = (action: string): [string, string] => COUNTED[action] ?? [inWords(action), inWords(action)]

/** Returns `RATE_EXCEEDED` as `Rate exceeded`. */
export const inWords = (code: string): string =>
  `${code.slice(0, 1)}${code.slice(1).toLowerCase().replaceAll('_', ' ')}`

export const DONE_LEGEND = { allowed: 'allowed', denied: 'refused', possible: 'cannot be narrowed' } as const
