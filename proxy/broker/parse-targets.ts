/** @module `FLYTRAP_BROKER_URL`: one broker or an ordered list, with the files that hold their passwords and authorities. */
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { BrokerError, type BrokerTarget, nameOf } from './target.ts'

export interface BrokerFiles {
  /** One file for all brokers, or one a broker in their order, comma separated. */
  passwordFile?: string | undefined
  /** PEM of the authorities behind every `mqtts://` of the list. */
  caFile?: string | undefined
}

/** Reads `mqtt://[user@]host[:port]` or `mqtts://…`, comma separated. Throws BROKER_URL_INVALID with every problem. */
export function parseBrokerUrls(text: string, { passwordFile, caFile }: BrokerFiles = {}): BrokerTarget[] {
  const problems: string[] = []
  const urls = listOf(text)
  const files = listOf(passwordFile ?? '')
  if (urls.length === 0) problems.push(`FLYTRAP_BROKER_URL is empty. ${REMEDY}`)
  if (files.length > 1 && files.length !== urls.length) {
    problems.push(
      `FLYTRAP_BROKER_PASSWORD_FILE names ${files.length} files for ${urls.length} brokers: give one, or one each.`,
    )
  }
  const passwords = files.map((file) => read(file, 'FLYTRAP_BROKER_PASSWORD_FILE', problems)?.trimEnd())
  const ca = caFile === undefined ? undefined : readAuthorities(caFile, problems)
  const targets = urls.map((url, i) => parseUrl(url, { ca, password: passwords[i] ?? passwords[0] }, problems))
  const parsed = targets.filter((target) => target !== undefined)
  const names = parsed.map(nameOf)
  for (const name of names.filter((other, i) => names.indexOf(other) !== i))
    problems.push(`${name} stands there twice.`)
  if (ca !== undefined && !parsed.some(({ tls }) => tls)) {
    problems.push('FLYTRAP_BROKER_CA_FILE is set, but no broker is mqtts://.')
  }
  if (problems.length > 0) throw new BrokerError('BROKER_URL_INVALID', problems.join('\n'))
  return parsed
}

const REMEDY = 'Give it as mqtt://host:1883 or mqtts://host:8883, several separated by commas.'

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

interface Secrets {
  ca: string | undefined
  password: string | undefined
}

function parseUrl(text: string, { ca, password }: Secrets, problems: string[]): BrokerTarget | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^mqtts?:$/.test(url.protocol) || url.hostname === '') {
    problems.push(`FLYTRAP_BROKER_URL is no address of an MQTT broker. ${REMEDY}`)
    return undefined
  }
  if (url.password !== '') {
    const remedy = 'Put it into a file and name that in FLYTRAP_BROKER_PASSWORD_FILE.'
    problems.push(`FLYTRAP_BROKER_URL holds a password, which leaks into logs. ${remedy}`)
    return undefined
  }
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    problems.push(
      `FLYTRAP_BROKER_URL: ${url.host} has something behind it that MQTT over TCP knows no use for. ${REMEDY}`,
    )
    return undefined
  }
  const tls = url.protocol === 'mqtts:'
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (tls ? 8883 : 1883) : Number(url.port),
    tls,
    ...(tls && ca !== undefined ? { ca } : {}),
    ...(url.username === '' ? {} : { userName: decodeURIComponent(url.username) }),
    ...(password === undefined ? {} : { password }),
  }
}

function read(file: string, setting: string, problems: string[]): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    problems.push(`${setting}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
    return undefined
  }
}

function readAuthorities(file: string, problems: string[]): string | undefined {
  const pem = read(file, 'FLYTRAP_BROKER_CA_FILE', problems)
  if (pem === undefined) return undefined
  try {
    createSecureContext({ ca: pem })
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem
  } catch {
    // said below
  }
  problems.push(`FLYTRAP_BROKER_CA_FILE: ${file} holds no certificate in PEM.`)
  return undefined
}
