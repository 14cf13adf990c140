/** @module `flytrap check`: journal, evidence store and chain against each other, while `up` runs or when it does not. */
import { readdirSync } from 'node:fs'
import colors from 'picocolors'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { type CheckProgress, type CheckSummary, checkRecords } from '../../records/check/check.ts'
import type { Finding } from '../../records/check/finding.ts'
import { type GlobalOptions, openContext, openDeployed } from '../context.ts'
import { evidencePlace } from '../home/evidence-place.ts'
import type { Home } from '../home/home.ts'
import { type Output, wrapped } from '../terminal/output.ts'
import { withProgress } from '../terminal/progress.ts'
import { withChain } from '../up/chain-at-rest.ts'
import { loadRules } from '../up/rules.ts'

/** People read so many; programs get all. */
const SHOWN = 100

export async function check(options: GlobalOptions): Promise<void> {
  const { output, config, home } = openContext(options)
  const deployment = openDeployed(home)
  const { anchoring } = loadRules(home, { embedded: deployment.embedded })
  const summary = await withChain({ home, config, deployment }, (rpc) =>
    walk(output, {
      home,
      rpc,
      evidence: evidencePlace(home, config),
      deployment,
      maxUnanchored: anchoring.maxUnanchored,
    }),
  )
  output.result({ checked: summary })
  const { findings, records, recorders, block, waiting, erased, reports } = summary
  const read = `${records} records of ${recorders} recorders up to block ${block}; ${waiting} wait for the chain, ${erased} are erased; ${reports === 1 ? '1 report is' : `${reports} reports are`} anchored`
  if (findings === 0) return output.line(`${colors.green('✓')} nothing is missing, doubled or altered: ${read}`)
  if (findings > SHOWN) output.line(`\n  and ${findings - SHOWN} more; all of them: npx flytrap check --json`)
  output.line(`\n${colors.red('✗')} ${findings} ${findings === 1 ? 'discrepancy' : 'discrepancies'} in ${read}`)
  process.exitCode = 1
}

interface Walk {
  home: Home
  rpc: Rpc
  evidence: string
  deployment: ReturnType<typeof openDeployed>
  maxUnanchored: number
}

function walk(output: Output, { home, rpc, evidence, deployment, maxUnanchored }: Walk): Promise<CheckSummary> {
  const { chainId, contract, deployBlock } = deployment
  let reached: CheckProgress | undefined
  const findings = checkRecords({
    rpc,
    deployment: { chainId, contract },
    deployBlock,
    journals: journalsOf(home),
    evidence,
    maxUnanchoredMs: maxUnanchored,
    now: Math.floor(Date.now() / 1_000),
    onProgress: (progress) => {
      reached = progress
    },
  })
  const what = (): string =>
    reached === undefined ? 'reading' : `${reached.records} records, block ${reached.block} of ${reached.toBlock}`
  return withProgress(output, what, tellAll(output, findings))
}

async function tellAll(output: Output, findings: AsyncGenerator<Finding, CheckSummary>): Promise<CheckSummary> {
  for (let told = 0; ; told++) {
    const { value, done } = await findings.next()
    if (done === true) return value
    output.result({ finding: value })
    if (told < SHOWN) show(output, value)
  }
}

function show(output: Output, { code, recorderId, seq, count, what, remedy }: Finding): void {
  const whose = recorderId === undefined ? '' : ` recorder ${recorderId}`
  const place = seq === undefined ? '' : count > 1 ? `, sequences ${seq} to ${seq + count - 1}` : `, sequence ${seq}`
  output.line(`${colors.red('✗')} ${colors.bold(code)}${whose}${place}: ${what}.`)
  output.line(`    ${wrapped(remedy, '    ')}`)
}

/** The proxy's and the gateway's, as `up` names them, and those of recorders that served before. */
const journalsOf = (home: Home): string[] =>
  readdirSync(home.dir)
    .filter((file) => /(journal|gateway)(-?\d+)?\.sqlite$/.test(file))
    .map((file) => home.path(file))
