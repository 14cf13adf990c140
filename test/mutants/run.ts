/**
 * @module `npm run mutants [-- NAME…] [--fold] [--write]`: breaks the contract in each of the ways that
 * test/contracts/mutants describes, and reports whether a test sees it. The exit code is 1 when one survives. What the
 * Solidity tests let live is left to the comparison of contract and fold; `--fold` asks that alone. `--write` puts the table
 * into docs/contract-tests.md.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { HARDHAT, judge, judgeByFold, judgeBySolidity, type Verdict } from './judge.ts'
import { type Mutant, readMutants } from './patches.ts'
import { cloneScratch, createScratch, type Scratch } from './scratch.ts'

const DOCS = join(import.meta.dirname, '../../docs/contract-tests.md')

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const all = readMutants()
const unknown = wanted.find((name) => !all.some((mutant) => mutant.name === name))
if (unknown !== undefined) {
  console.error(`There is no mutant "${unknown}". They are the patches in test/contracts/mutants, without ".patch".`)
  process.exit(2)
}
const isWritten = process.argv.includes('--write')
if (isWritten && wanted.length > 0) {
  console.error('The table holds all mutants: give --write without names.')
  process.exit(2)
}
const chosen = wanted.length === 0 ? all : all.filter(({ name }) => wanted.includes(name))

const judges = process.argv.includes('--fold') ? [judgeByFold] : [judgeBySolidity, judgeByFold]

const first = await createScratch()
const scratches: Scratch[] = [first]
const fates = new Map<Mutant, Verdict>()
try {
  await assertSound(first)
  while (scratches.length < Math.min(availableParallelism(), chosen.length)) scratches.push(cloneScratch(first))
  const waiting = [...chosen]
  await Promise.all(scratches.map((scratch) => work(scratch, waiting)))
} finally {
  for (const scratch of scratches) scratch.remove()
}
const dead = [...fates.values()].filter(({ fate }) => fate === 'killed').length
console.log(`\n${dead} of ${chosen.length} mutants killed`)
if (isWritten) writeTable()
process.exitCode = dead === chosen.length ? 0 : 1

/** A test that fails anyway would seem to kill every mutant. */
async function assertSound(scratch: Scratch): Promise<void> {
  console.log('the contract as it is, compiled and tested…')
  const built = await scratch.run(process.execPath, HARDHAT, 'test', 'solidity')
  if (!built.ok) throw new Error(`Unbroken, the contract already fails: npm test\n${built.output.slice(-2_000)}`)
  for (const verdict of [await judgeBySolidity(scratch), await judgeByFold(scratch)]) {
    if (verdict.fate === 'survived') continue
    throw new Error(`Unbroken, the contract already fails: ${JSON.stringify(verdict)}. Mend it first: npm test`)
  }
}

async function work(scratch: Scratch, waiting: Mutant[]): Promise<void> {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const verdict = await judge(scratch, mutant, judges)
    fates.set(mutant, verdict)
    const detail =
      verdict.fate === 'killed' ? `by ${verdict.by}` : verdict.fate === 'broken' ? verdict.why : mutant.breaks
    console.log(`${fates.size}/${chosen.length} ${mutant.name}: ${verdict.fate} ${detail}`)
  }
}

function writeTable(): void {
  const rows = chosen.map((mutant) => {
    const verdict = fates.get(mutant)
    const fate = verdict?.fate === 'killed' ? `\`${verdict.by}\`` : `**${verdict?.fate}**`
    return `| \`${mutant.name}\` | ${mutant.breaks} | ${fate} |`
  })
  const table = ['| Mutant | What it breaks | Killed by (the first to fail) |', '| --- | --- | --- |', ...rows].join(
    '\n',
  )
  const [before, rest] = readFileSync(DOCS, 'utf8').split('<!-- mutants -->\n', 2)
  const after = rest?.slice(rest.indexOf('<!-- end -->'))
  if (before === undefined || after === undefined) throw new Error(`${DOCS} has no place for the table`)
  writeFileSync(DOCS, `${before}<!-- mutants -->\n\n${table}\n\n${after}`)
}
