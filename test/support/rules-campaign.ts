/** @module flytrap.yaml by the thousand, right, flawed and hostile: rules, or every problem with its place; nothing else. */
import { defaultRules, EMBEDDED_PACE, PRODUCTION_PACE } from '../../proxy/rules/default-rules.ts'
import { RulesError, readRules } from '../../proxy/rules/read-rules.ts'
import { Dice } from './packet-parts.ts'

export interface RulesResult {
  taken: number
  refused: number
}

export function fuzzRules({ seed, files }: { seed: number; files: number }): RulesResult {
  const dice = new Dice(seed)
  const result = { taken: 0, refused: 0 }
  for (let i = 0; i < files; i++) {
    const text = dice.pick([written, written, edited, edited, hostile])(dice)
    if (judged(text, seed)) result.taken++
    else result.refused++
  }
  return result
}

/** Returns whether the rules are taken. Throws when anything but rules or places comes of it. */
function judged(text: string, seed: number): boolean {
  try {
    const { document, hash } = readRules(text)
    // What is recorded is enough to have the same rules again.
    if (readRules(JSON.stringify(document)).hash !== hash) throw new Error(`rules that change when they are read again`)
    return true
  } catch (error) {
    if (!(error instanceof RulesError)) throw new Error(`seed ${seed}: ${JSON.stringify(text)}`, { cause: error })
    const lines = text.split(/\r\n|\r|\n/).length
    const isPlaced = error.problems.every(
      ({ line, column, what }) => line >= 1 && line <= lines && column >= 1 && what !== '',
    )
    if (!isPlaced || error.problems.length === 0)
      throw new Error(`seed ${seed}: no place: ${JSON.stringify(text)}: ${error.message}`)
    return false
  }
}

const KEYS = {
  '': ['capture', 'abuse', 'limits', 'anchoring', 'storage', 'geo'],
  limits: [
    'connections',
    'connectTimeout',
    'maxPacketBytes',
    'viewEntriesPerName',
    'publishPerSecond',
    'loginsPerAdress',
  ],
  anchoring: ['every', 'batch', 'heartbeat', 'spendPerHour', 'confirmations', 'maxUnanchored'],
  storage: ['minFree', 'retention', 'minimum'],
  geo: ['overrides'],
}
const RIGHT = ['1', '10', '10s', '15m', '1h', '30d', '1MiB', '64KiB', '0.01 ETH', '5 gwei', '1000', '2', '500']
const ODD = [
  ...[
    '',
    '~',
    'null',
    'true',
    '.nan',
    '.inf',
    '-1',
    '1e999',
    '0x10',
    '0o17',
    '1_000',
    '1,5',
    '10 s',
    '10S',
    '99999999999d',
  ],
  ...[
    '"\\ud800"',
    '"\\0"',
    '"#"',
    'a/#/b',
    '[]',
    '{}',
    '[1, [2, [3]]]',
    '{ a: { b: c } }',
    '&a [*a]',
    '*nobody',
    '!!js/function x',
  ],
  ...[
    '2001-01-01',
    '!!binary aGk=',
    '!!set { a }',
    '"__proto__"',
    'DE',
    'de',
    '10.0.0.0/8',
    '| \n  block',
    '>-\n  folded',
  ],
]
const CAPTURES = [
  '{ when: { topic: "home/#" }, record: sealed }',
  '{ when: { action: [publish, deliver] }, window: 15m }',
  '{ when: { proved: false }, window: 1m }',
  '{ window: 0 }',
  '{ when: { topic: "a#" }, window: 5m }',
  '{ when: { action: fly }, window: 1s }',
  '{ record: maybe }',
  '{}',
]
const ABUSES = [
  '{ moreThan: 5, of: failed-authentication, by: address, within: 10m, ban: 1h }',
  '{ moreThan: 20, of: denied, by: [wallet, clientId], within: 1m, ban: 10m }',
  '{ moreThan: 1, of: failed-authentication, by: wallet, within: 1m, ban: 1h }',
  '{ moreThan: 0, of: malformed, by: clientId, within: 2d, ban: 31d }',
  '{ of: denied }',
]

/** From the grammar, with right and odd values in any place. */
function written(dice: Dice): string {
  const sections = KEYS[''].filter(() => dice.roll(2) === 0).map((name) => `${name}:${sectionOf(name, dice)}`)
  if (dice.roll(8) === 0)
    sections.push(`${dice.pick(['capure', 'limit', '__proto__', 'constructor', '""'])}: ${dice.pick(ODD)}`)
  return `${sections.join('\n')}\n`
}

function sectionOf(name: string, dice: Dice): string {
  if (dice.roll(16) === 0) return ` ${dice.pick(ODD)}`
  if (name === 'capture' || name === 'abuse') {
    const rules = name === 'capture' ? CAPTURES : ABUSES
    return Array.from({ length: 1 + dice.roll(4) }, () => `\n  - ${dice.pick(rules)}`).join('')
  }
  if (name === 'geo')
    return `\n  overrides: { ${dice.pick(['"10.0.0.0/8"', '"10.0.0.1/8"', '"::/0"', 'x', '~'])}: ${dice.pick(['DE', 'de', '1', '~'])} }`
  const keys = KEYS[name as 'limits']
  return Array.from(
    { length: 1 + dice.roll(3) },
    () => `\n  ${dice.pick(keys)}: ${dice.pick(dice.roll(3) === 0 ? ODD : RIGHT)}`,
  ).join('')
}

/** The defaults with characters changed, lines doubled, moved or gone. */
function edited(dice: Dice): string {
  const lines = defaultRules(dice.pick([EMBEDDED_PACE, PRODUCTION_PACE])).split('\n')
  for (let i = dice.roll(4); i > 0; i--) {
    const at = dice.roll(lines.length)
    const line = lines[at] ?? ''
    const cut = dice.roll(line.length + 1)
    const put = dice.pick([
      ' ',
      '\t',
      ':',
      '-',
      '{',
      '}',
      '[',
      ']',
      '"',
      '&',
      '*',
      '!',
      '%',
      '@',
      '`',
      '\u2028',
      '\ufeff',
      '\0',
      '\u202e',
      ...ODD,
    ])
    lines.splice(
      at,
      dice.roll(2),
      ...dice.pick([[line.slice(0, cut) + put + line.slice(cut)], [line, line], [], [put]]),
    )
  }
  return lines.join(dice.pick(['\n', '\n', '\r\n', '\r']))
}

/** What parsers have died of. */
function hostile(dice: Dice): string {
  const depth = 1 + dice.roll(200)
  return dice.pick([
    () => '['.repeat(depth),
    () => '{a: '.repeat(depth),
    () => `${'- '.repeat(depth)}x`,
    () =>
      `a: &a [x, x]\n${Array.from({ length: 12 }, (_, i) => `k${i}: &k${i} [${`*${i === 0 ? 'a' : `k${i - 1}`}, `.repeat(9)}]`).join('\n')}`,
    () => 'limits: { <<: { connections: 5 } }',
    () => '--- 1\n--- 2\n...\n',
    () => '%YAML 9.9\n---\nlimits: {}',
    () => `limits: { connections: ${'9'.repeat(depth)} }`,
    () => `"${'\\u0000'.repeat(depth)}": 1`,
    () => `? [${'complex, '.repeat(depth)}]\n: 1`,
    () => String.fromCharCode(...Array.from({ length: depth }, () => dice.roll(0x1_0000))),
    () => 'x'.repeat(1_048_577),
    () => '',
    () => '# nothing\n',
    () => '[]',
    () => 'null',
  ])()
}
