/**
 * @module Keeps an endpoint's secrets out of what people read. Providers put the API key into the path, the query or the
 * user part, and some repeat it in their errors. Pure.
 */

export interface SecretFilter {
  /** Scheme and host, all that is ever shown of the address. */
  readonly name: string
  /** Returns the text without any part of the address that may be a key. */
  clean(text: string): string
}

/** Shorter parts are words such as `v3` or `mainnet`; hiding those would garble every message. */
const SHORTEST_KEY = 8

export function createSecretFilter(url: URL): SecretFilter {
  const parts = [url.username, url.password, ...url.pathname.split('/'), ...url.searchParams.values()]
  const secrets = parts
    .flatMap((part) => [part, decoded(part)])
    .filter((part) => part.length >= SHORTEST_KEY)
    .sort((a, b) => b.length - a.length)
  return {
    name: `${url.protocol}//${url.host}`,
    clean: (text) => secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, '…'), text),
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Returns what may be shown of a list of addresses, as people set it. */
export const withoutSecrets = (urls: string): string =>
  splitUrls(urls)
    .map((text) => URL.parse(text))
    .map((url) => (url === null ? '(no address)' : createSecretFilter(url).name))
    .join(',')

/** Several endpoints stand in one setting, separated by commas or, in a file, by lines. */
export const splitUrls = (urls: string): string[] =>
  urls
    .split(/[,\s]+/)
    .map((url) => url.trim())
    .filter((url) => url !== '')
