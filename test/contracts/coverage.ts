/**
 * @module `npm run coverage`: how much of the contract its Solidity tests run. Fails below 98 % of lines or statements, and
 * for each line that no test runs and docs/contract-tests.md does not explain.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const LEAST = 98
const ROOT = join(import.meta.dirname, '../..')
const HARDHAT = join(ROOT, 'node_modules/hardhat/dist/src/cli.js')

const ran = spawnSync(process.execPath, [HARDHAT, '--coverage', 'test', 'solidity'], {
  cwd: ROOT,
  encoding: 'utf8',
  maxBuffer: 2 ** 28,
})
if (ran.status !== 0) {
  console.error(`${ran.stdout}${ran.stderr}\nThe tests fail; mend them first: npx hardhat test solidity`)
  process.exit(1)
}
const report = ran.stdout.slice(ran.stdout.indexOf('Coverage Report'))
console.log(report)

const totals = /Total\s*│\s*([\d.]+)\s*│\s*([\d.]+)/.exec(report)
if (totals === null) throw new Error('Hardhat printed no total: its report has another form than this script reads')
const [lines, statements] = [Number(totals[1]), Number(totals[2])]
const explanations = readFileSync(join(ROOT, 'docs/contract-tests.md'), 'utf8')
const uncovered = uncoveredLines(readFileSync(join(ROOT, 'coverage/lcov.info'), 'utf8'))
for (const line of uncovered) {
  console.log(`${line} is not run${explanations.includes(line) ? '' : ', and docs/contract-tests.md does not say why'}`)
}
const isUnexplained = uncovered.some((line) => !explanations.includes(line))
console.log(`lines ${lines} %, statements ${statements} %, at least ${LEAST} % wanted`)
process.exit(lines < LEAST || statements < LEAST || isUnexplained ? 1 : 0)

/** As `contracts/Sales.sol:42`. */
function uncoveredLines(lcov: string): string[] {
  return lcov.split('end_of_record').flatMap((section) => {
    const file = /^SF:(.*)$/m.exec(section)?.[1]
    return [...section.matchAll(/^DA:(\d+),0$/gm)].map(([, line]) => `${file}:${line}`)
  })
}
