/** @module Text to rules. Every problem is named at once, with its line and column and what to write instead. Pure. */
import { isNode, LineCounter, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { type Bytes32, sha256, toHex, utf8 } from '../../domain/bytes.ts'
import { canonicalJson } from '../../domain/evidence.ts'
import { type Choice, chooseBy, UNPROVED_ATTEMPT } from './capture.ts'
import { defaultRules, type Pace, PRODUCTION_PACE } from './default-rules.ts'
import { CompleteRules, GivenRules, MIN_UNPROVED_WINDOW_MS, type RuleValues } from './schema.ts'
import { nearestWord } from './values.ts'

export interface Rules extends RuleValues {
  /** What was written, defaults filled in: what is recorded, and shown to anybody. */
  document: object
  /** SHA-256 of the document's RFC 8785 text: the POLICY record's topicId. */
  hash: Bytes32
}

export interface Problem {
  /** From 1. */
  line: number
  column: number
  /** Such as `capture[1].window`; empty for the file as a whole. */
  key: string
  what: string
}

/** The rules cannot be used. What was in force stays in force. */
export class RulesError extends Error {
  override readonly name = 'RulesError'
  readonly code = 'RULES_INVALID'
  readonly problems: readonly Problem[]

  constructor(file: string, problems: readonly Problem[]) {
    const lines = problems.map(
      ({ line, column, key, what }) => `  ${file}:${line}:${column}: ${key}${key === '' ? '' : ': '}${what}`,
    )
    super(`The rules cannot be used:\n${lines.join('\n')}`)
    this.problems = problems
  }
}

const MAX_RULES_BYTES = 1 << 20
type Path = readonly PropertyKey[]

/** Returns the rules. Throws RulesError with every problem. */
export function readRules(
  text: string,
  { file = 'flytrap.yaml', pace = PRODUCTION_PACE }: { file?: string; pace?: Pace } = {},
): Rules {
  if (utf8(text).length > MAX_RULES_BYTES)
    throw new RulesError(file, [{ line: 1, column: 1, key: '', what: 'is longer than 1 MiB: rules are a page or two' }])
  const { given, place } = parseYaml(text, file)
  const parsed = GivenRules.safeParse(given)
  if (!parsed.success) throw new RulesError(file, problemsOf(parsed.error.issues, place))
  const document = fillIn(given, parseYaml(defaultRules(pace), 'defaults').given)
  const complete = CompleteRules.safeParse(document)
  if (!complete.success) throw new RulesError(file, problemsOf(complete.error.issues, place))
  const flaws = captureFlaws(complete.data).map(({ path, what }) => ({ ...place(path), key: keyOf(path), what }))
  if (flaws.length > 0) throw new RulesError(file, flaws)
  return { ...complete.data, document, hash: toHex(sha256(utf8(canonicalJson(document)))) }
}

type Place = (path: Path, ofKey?: string) => { line: number; column: number }

function parseYaml(text: string, file: string): { given: Record<string, unknown>; place: Place } {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' })
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lineCounter.linePos(offset)
    return { line, column: col }
  }
  const flaws = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    ...at(pos[0]),
    key: '',
    what: `is no YAML: ${message}`,
  }))
  if (flaws.length > 0) throw new RulesError(file, flaws)
  const place: Place = (path, ofKey) => {
    // What is missing stands where its parent begins.
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      const key = ofKey === undefined ? undefined : keyNode(node, ofKey)
      const range = key ?? (isNode(node) ? node.range : undefined)
      if (range !== undefined && range !== null) return at(range[0] ?? 0)
    }
    return { line: 1, column: 1 }
  }
  const given = toPlain(document, file)
  if (holdsItself(given))
    throw new RulesError(file, [{ ...at(firstAlias(document)), key: '', what: 'is an alias of what it stands in' }])
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new RulesError(file, [
      { line: 1, column: 1, key: '', what: 'holds no settings: begin with capture:, abuse: or limits:' },
    ])
  return { given: given as Record<string, unknown>, place }
}

/** A few aliases that each hold many make a file of one line gigabytes large: refused by the library's own count. */
function toPlain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (error) {
    throw new RulesError(file, [
      { line: 1, column: 1, key: '', what: `is no YAML that we read: ${(error as Error).message}` },
    ])
  }
}

/** Nothing behind could name such a value, nor record it. */
function holdsItself(value: unknown, around: readonly unknown[] = []): boolean {
  if (typeof value !== 'object' || value === null) return false
  return around.includes(value) || Object.values(value).some((part) => holdsItself(part, [...around, value]))
}

function firstAlias(document: ReturnType<typeof parseDocument>): number {
  let found = 0
  visit(document, {
    Alias(_key, { range }) {
      found = range?.[0] ?? 0
      return visit.BREAK
    },
  })
  return found
}

function keyNode(node: unknown, name: string): readonly number[] | undefined {
  const items = (node as { items?: { key?: { value?: unknown; range?: readonly number[] } }[] } | undefined)?.items
  return items?.find(({ key }) => String(key?.value) === name)?.key?.range
}

function problemsOf(issues: readonly z.core.$ZodIssue[], place: Place): Problem[] {
  const problems = issues.flatMap((issue): Problem[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((name) => ({
        ...place(issue.path, name),
        key: keyOf([...issue.path, name]),
        what: unknownKey(issue.path, name),
      }))
    return [{ ...place(issue.path), key: keyOf(issue.path), what: whatOf(issue) }]
  })
  return problems.sort((a, b) => a.line - b.line || a.column - b.column)
}

const whatOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_type' ? `should be ${KINDS[issue.expected] ?? issue.expected}` : issue.message
const KINDS: Record<string, string> = {
  array: 'a list',
  object: 'settings, one a line',
  record: 'settings, one a line',
  boolean: 'true or false',
}

/** What may stand where, for the nearest known key. */
const KEYS: Record<string, readonly string[]> = {
  '': Object.keys(GivenRules.shape),
  capture: ['when', 'window', 'record'],
  when: ['topic', 'action', 'outcome', 'proved'],
  abuse: ['moreThan', 'of', 'consecutive', 'by', 'within', 'ban'],
  limits: Object.keys(CompleteRules.shape.limits.shape),
  anchoring: Object.keys(CompleteRules.shape.anchoring.shape),
  storage: Object.keys(CompleteRules.shape.storage.shape),
  geo: Object.keys(CompleteRules.shape.geo.shape),
}

function unknownKey(path: Path, name: string): string {
  const where = String(path.findLast((step) => typeof step === 'string') ?? '')
  const known = KEYS[where] ?? []
  const nearest = nearestWord(name, known)
  return nearest === undefined ? `is unknown; known are ${known.join(', ')}` : `is unknown; did you mean ${nearest}?`
}

const keyOf = (path: Path): string =>
  path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}${text === '' ? '' : '.'}${String(step)}`),
    '',
  )

/** Lists replace the default's, sections are filled in key by key. */
function fillIn(given: Record<string, unknown>, defaults: Record<string, unknown>): Record<string, unknown> {
  const filled = Object.entries(defaults).map(([name, usual]) => {
    const mine = given[name]
    if (mine === undefined || mine === null) return [name, usual]
    return [name, Array.isArray(mine) ? mine : { ...(usual as object), ...(mine as object) }]
  })
  return Object.fromEntries(filled)
}

function captureFlaws({ capture }: RuleValues): { path: Path; what: string }[] {
  const flaws: { path: Path; what: string }[] = []
  for (const [i, { when, window = 0 }] of capture.entries()) {
    const closing = when?.action?.filter((name) => name !== 'publish' && name !== 'deliver') ?? []
    if (window > 0 && closing.length > 0 && when?.proved !== false)
      flaws.push({
        path: ['capture', i, 'window'],
        what: `${closing.join(', ')} is always a record of its own: window: 0`,
      })
  }
  const chosen: Choice = chooseBy(capture, UNPROVED_ATTEMPT)
  if (chosen.windowMs < MIN_UNPROVED_WINDOW_MS) {
    const remedy = 'put { when: { proved: false }, window: 1m } before it'
    const what = `attempts that proved no identity need a window of 10s or more, or strangers spend your ETH: ${remedy}`
    flaws.push({ path: ['capture', ...(chosen.windowRule === -1 ? [] : [chosen.windowRule])], what })
  }
  return flaws
}
