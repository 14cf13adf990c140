/**
 * @module `npm run bench -- gas [--json] [--write]`: what each operation costs on chain, beside the 2020 contract's figure, in
 * gas, euros and dollars, on Ethereum and by the fee models of rollups. `--write` puts the table into docs/gas.md.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import FLYTRAP from '../../contracts/abi/FlyTrap.json' with { type: 'json' }
import { startTestChain } from '../support/chain.ts'
import { ASSUMPTIONS, costOf, type Spent } from './gas/fee-models.ts'
import { measureOperations } from './gas/operations.ts'
import { measureBatches } from './gas/record-batches.ts'

export interface Figure {
  name: string
  value: number
  unit: string
  /** What the value is measured against: the issue's goal or the 2020 contract. */
  comparedWith: string
  spent?: Spent
}

const it = await startTestChain()
const codeSize = FLYTRAP.deployedBytecode.length / 2 - 1
const figures: Figure[] = [
  { name: 'code size', value: codeSize, unit: 'bytes', comparedWith: 'goal 20000, limit 24576 (EIP-170)' },
  ...(await measureOperations(it)),
  ...(await measureBatches(it)),
]
await it.stop()

if (process.argv.includes('--json')) for (const { spent, ...figure } of figures) print(figure, spent)
else
  console.log(
    table(figures, (cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(44) : cell.padStart(15))).join(' ')),
  )
if (process.argv.includes('--write')) writeFileSync(join(import.meta.dirname, '../../docs/gas.md'), page(figures))
process.exit(0)

function print(figure: Omit<Figure, 'spent'>, spent: Spent | undefined): void {
  console.log(JSON.stringify({ ...figure, ...(spent === undefined ? {} : { eur: costOf(spent) }) }))
}

function rows(list: readonly Figure[]): string[][] {
  return list.map(({ name, value, unit, comparedWith, spent }) => {
    const cost = spent === undefined ? undefined : costOf(spent)
    const money = cost === undefined ? ['', '', '', ''] : Object.values(cost).map((amount) => amount.toPrecision(2))
    return [name, `${Math.round(value)} ${unit}`, ...money, comparedWith]
  })
}

function header(): string[] {
  return ['Operation', 'Measured', '€ Ethereum', '$ Ethereum', '€ OP Stack', '€ Arbitrum', 'Compared with']
}

function table(list: readonly Figure[], line: (cells: string[]) => string): string {
  return [header(), ...rows(list)].map(line).join('\n')
}

function page(list: readonly Figure[]): string {
  const [head, ...body] = [header(), ...rows(list)].map((cells) => `| ${cells.join(' | ')} |`)
  return `# What it costs on chain

Made by \`npm run bench -- gas --write\` on anvil (Prague rules). Gas is exact and the same on every machine.

${[head, `|${' --- |'.repeat(header().length)}`, ...body].join('\n')}

## Money

Prices move; these figures stand for the prices below, and \`FLYTRAP_BENCH_…\` sets others.

${ASSUMPTIONS}
`
}
