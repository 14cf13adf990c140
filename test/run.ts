/**
 * @module `npm test`: builds, checks types and style, runs the Solidity tests and all others. Its last line is
 * `N passed, N failed`; the exit code is 1 when anything failed.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Count {
  passed: number
  failed: number
}

// What one worker compiled the next need not compile again.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '..', 'node_modules', '.cache', 'flytrap')
const scratch = mkdtempSync(join(tmpdir(), 'flytrap-test-'))
const vitestReport = join(scratch, 'vitest.json')

interface Step {
  name: string
  command: [program: string, ...args: string[]]
  count?: (output: string, ok: boolean) => Count
}

/** One group after the other; the steps of a group go side by side. */
const groups: Step[][] = [
  [{ name: 'build', command: ['npm', 'run', '--silent', 'build'] }],
  [{ name: 'types', command: ['tsc', '-p', '.'] }],
  [{ name: 'style', command: ['biome', 'ci', '--colors=off', '--error-on-warnings', '.'] }],
  [
    {
      name: 'tests',
      command: ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${vitestReport}`],
      count: countVitest,
    },
    // The compiler keeps one core busy for half a minute, while the tests mostly wait.
    { name: 'contracts', command: ['hardhat', 'test', 'solidity'], count: countSolidity },
  ],
]

const total: Count = { passed: 0, failed: 0 }
for (const group of groups) await Promise.all(group.map((step, i) => take(step, i > 0)))
rmSync(scratch, { recursive: true })
process.exitCode = total.failed === 0 ? 0 : 1
console.log(`\n${total.passed} passed, ${total.failed} failed`)

/** `isHeld`: what it prints comes in one piece when it ends. */
async function take({ name, command, count = countStep }: Step, isHeld: boolean): Promise<void> {
  if (!isHeld) console.log(`\n▸ ${name}: ${command.slice(0, 3).join(' ')}`)
  const startedAt = performance.now()
  const { ok, output } = await run(command, isHeld ? () => {} : (chunk) => process.stdout.write(chunk))
  if (isHeld) console.log(`\n▸ ${name}: ${command.slice(0, 3).join(' ')}\n${output}`)
  const counted = count(output, ok)
  // A step that failed without saying which test did must not look green.
  if (!ok && counted.failed === 0) counted.failed = 1
  total.passed += counted.passed
  total.failed += counted.failed
  console.log(`▸ ${name}: ${ok ? 'passed' : 'FAILED'} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
}

function run(
  [program, ...args]: Step['command'],
  print: (chunk: Buffer) => void,
): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk
      print(chunk)
    })
    child.on('error', (error) => resolve({ ok: false, output: error.message }))
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })
}

function countStep(_output: string, ok: boolean): Count {
  return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

function countSolidity(output: string): Count {
  const number = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(output)?.[1] ?? 0)
  return { passed: number('passing'), failed: number('failing') }
}

function countVitest(): Count {
  const report: unknown = JSON.parse(readFileSync(vitestReport, 'utf8'))
  const { numPassedTests = 0, numFailedTests = 0, numFailedTestSuites = 0 } = report as Record<string, number>
  return { passed: numPassedTests, failed: Math.max(numFailedTests, numFailedTestSuites === 0 ? 0 : 1) }
}
