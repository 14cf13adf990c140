/**
 * @module The home's flytrap.yaml: made with comments at the first start, read at each, and put in force anew by SIGHUP or
 * `flytrap rules reload`. What was in force stays in force until the new rules are whole and recorded.
 */
import { existsSync, readFileSync } from 'node:fs'
import type { Countries } from '../../proxy/geo/countries.ts'
import { openDatabase } from '../../proxy/geo/database.ts'
import { needsRestart, recordsRules } from '../../proxy/rules/apply.ts'
import { defaultRules, EMBEDDED_PACE, PRODUCTION_PACE } from '../../proxy/rules/default-rules.ts'
import { type Rules, readRules } from '../../proxy/rules/read-rules.ts'
import type { RunningProxy } from '../../proxy/running-proxy.ts'
import type { Records } from '../../records/port.ts'
import { CliError } from '../errors.ts'
import { writeWhole } from '../home/files.ts'
import type { Home } from '../home/home.ts'
import type { GatewayChild } from './gateway.ts'

export const rulesPath = (home: Home): string => home.path('flytrap.yaml')
const paceOf = (embedded: boolean) => (embedded ? EMBEDDED_PACE : PRODUCTION_PACE)

/** Reads the home's rules. Throws RulesError, RULES_MISSING. */
export function loadRules(
  home: Home,
  { embedded, file = rulesPath(home) }: { embedded: boolean; file?: string },
): Rules {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const remedy = 'The defaults come with the next start: npx flytrap up'
    throw new CliError('RULES_MISSING', `${file} cannot be read (${(cause as Error).message}). ${remedy}`, { cause })
  }
  return readRules(text, { file, pace: paceOf(embedded) })
}

/** The same, making the file in a home that has none. */
export function loadOrMakeRules(home: Home, { embedded }: { embedded: boolean }): Rules {
  if (!existsSync(rulesPath(home))) writeWhole(rulesPath(home), defaultRules(paceOf(embedded)))
  return loadRules(home, { embedded })
}

/** Their text is public: kept under the hash that stands on chain. */
export function publishRules(home: Home, { hash, document }: Rules): void {
  writeWhole(home.path('policies', `${hash.slice(2)}.json`), `${JSON.stringify(document, null, 2)}\n`)
}

export interface RulesInForce {
  current(): { rules: Rules; seq: number }
  /** Rejects RulesError, RULES_NEED_RESTART: the old rules stay in force. */
  reload(): Promise<{ hash: string; seq: number }>
}

interface Following {
  home: Home
  embedded: boolean
  records: Records
  /** Told of the pace too; absent in a process beside `up`, which does that. */
  gateway: Pick<GatewayChild, 'ask'> | undefined
  proxy: RunningProxy
  countries: Countries
  /** FLYTRAP_GEOIP, as set. */
  geoFile: string | undefined
}

export function followRules(
  first: { rules: Rules; seq: number },
  { home, embedded, records, gateway, proxy, countries, geoFile }: Following,
): RulesInForce {
  let inForce = first
  const reload = async (): Promise<{ hash: string; seq: number }> => {
    const rules = loadRules(home, { embedded })
    const flaw = needsRestart(inForce.rules, rules)
    if (flaw !== undefined) {
      const remedy = 'Only a restart can do that: end `npx flytrap up` and start it again. The old rules stay in force.'
      throw new CliError('RULES_NEED_RESTART', `${flaw}. ${remedy}`)
    }
    const database = openDatabase(geoFile) // a bad one leaves the old one, and the old rules
    proxy.reloadCertificates()
    publishRules(home, rules)
    const { capture, ...pace } = recordsRules(rules, { embedded })
    const { seq } = await records.setRules({ ...pace, capture })
    await gateway?.ask('rules', pace)
    proxy.setRules(rules)
    countries.setDatabase(database)
    countries.setOverrides(rules.geo.overrides)
    proxy.relocate()
    inForce = { rules, seq }
    return { hash: rules.hash, seq }
  }
  // One after the other: what was asked for last is in force in the end.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (): ReturnType<typeof reload> => {
    const mine = last.then(reload)
    last = mine.catch(() => {})
    return mine
  }
  return { current: () => inForce, reload: inTurn }
}
