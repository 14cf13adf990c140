/** @module What the suite saw, as a page: a table of versions, then one of differences for each broker. Pure. */
import type { Findings, Observation } from './conformance.suite.ts'
import type { Seen } from './stage.ts'

export function tableOf(all: readonly Findings[]): string {
  const sorted = [...all].sort((a, b) => a.make.localeCompare(b.make))
  return [overview(sorted), ...sorted.map(section)].join('\n')
}

function overview(all: readonly Findings[]): string {
  const rows = all.map(({ make, makeVersion, versions, observations }) => {
    const spoken = versions.map(wordFor).sort().join(', ')
    const own = observations.filter(isOwnDifference).length
    const count = (isRight: (o: Observation) => boolean) => observations.filter(isRight).length
    const evened = count((o) => isOwnDifference(o) && !same(o.through, o.direct))
    return `| ${make} ${makeVersion} | ${spoken} | ${observations.length} | ${own} | ${evened} |`
  })
  return `| Broker | Speaks | Behaviours played | Where the broker differs | Of these, not the same through FlyTrap |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
}

function section({ make, makeVersion, observations }: Findings): string {
  const rows = observations.filter(isWorthTelling).sort(byName)
  const lines = rows.map(
    ({ behaviour, version, standard, direct, through }) =>
      `| ${cell(behaviour)} | ${wordFor(version)} | ${standard === undefined ? 'open' : show(standard)} | ${show(direct)} | ${same(through, direct) ? 'the same' : show(through)} |`,
  )
  return `## ${make} ${makeVersion}

| Behaviour | MQTT | The standard | Before the broker | Through FlyTrap |
| --- | --- | --- | --- | --- |
${lines.join('\n')}
`
}

/** JSON knows no `undefined`: what is open in the standard has no `standard` at all. */
const isOwnDifference = ({ standard, direct }: Observation): boolean =>
  standard !== undefined && !same(standard, direct)
const isWorthTelling = (seen: Observation): boolean =>
  seen.standard === undefined || isOwnDifference(seen) || !same(seen.through, seen.direct)

const byName = (a: Observation, b: Observation): number =>
  a.behaviour.localeCompare(b.behaviour) || b.version - a.version

const same = (a: Seen, b: Seen): boolean => JSON.stringify(a) === JSON.stringify(b)
const wordFor = (version: 4 | 5): string => (version === 5 ? '5' : '3.1.1')
const cell = (text: string): string => text.replaceAll('|', '\\|')

/** Reason codes from 0x80 are known by their hexadecimal form. */
function show(seen: Seen): string {
  if (seen === undefined || seen === null) return 'nothing'
  if (typeof seen === 'number') return seen >= 0x10 && seen < 0x100 ? `0x${seen.toString(16)}` : String(seen)
  if (typeof seen === 'string') return `\`${cell(JSON.stringify(seen)).slice(1, -1)}\``
  if (typeof seen === 'boolean') return seen ? 'yes' : 'no'
  return seen.length === 0 ? 'nothing' : seen.map(show).join(', ')
}
