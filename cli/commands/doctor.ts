/** @module `flytrap doctor`: what to look at when something does not work, each with the line that mends it. */
import colors from 'picocolors'
import { type GlobalOptions, openContext, openDeployed, readEndpoints } from '../context.ts'
import { judgeChain } from '../doctor/chain.ts'
import type { Line } from '../doctor/line.ts'
import { judgeCertificate, judgeDisk, judgeOpenFiles, judgePorts, judgeSecrets } from '../doctor/machine.ts'
import { judgeBrokers, judgeEvidence, judgeService, type Running } from '../doctor/service.ts'
import { describe } from '../errors.ts'
import { evidencePlace } from '../home/evidence-place.ts'
import { wrapped } from '../terminal/output.ts'
import { withProgress } from '../terminal/progress.ts'
import { askUp } from '../up/control.ts'
import { loadRules } from '../up/rules.ts'

export async function doctor(options: GlobalOptions): Promise<void> {
  const { output } = openContext(options)
  const lines = await withProgress(output, 'looking', examine(options))
  for (const line of lines) {
    output.result(line)
    show(output.line, line)
  }
  if (lines.some(({ state }) => state === 'failed')) process.exitCode = 1
}

async function examine(options: GlobalOptions): Promise<Line[]> {
  const { home, config } = openContext(options)
  const deployment = openDeployed(home)
  const { anchoring, storage, limits } = loadRules(home, { embedded: deployment.embedded })
  const running = await askUp<Running>(home, 'status').catch((error: unknown) => {
    if (describe(error).code === 'NOT_RUNNING') return undefined
    throw error
  })
  const urls = config.FLYTRAP_RPC_URL ?? readEndpoints(home)?.rpc
  return [
    ...judgeService(running, anchoring.maxUnanchored),
    ...(await judgeChain(urls, home, deployment)),
    ...(await judgeBrokers(running, config)),
    await judgeEvidence(evidencePlace(home, config)),
    await judgeDisk(home, storage.minFree),
    judgeSecrets(home),
    judgeCertificate(home, config),
    judgeOpenFiles(limits.connections),
    ...(running === undefined ? [await judgePorts(config)] : []),
  ]
}

const SIGNS = { ok: colors.green('✓'), warning: colors.yellow('!'), failed: colors.red('✗') }
const INDENT = ' '.repeat(15)

function show(say: (text: string) => void, { name, state, what, remedy }: Line): void {
  say(`${SIGNS[state]} ${name.padEnd(12)} ${wrapped(what, INDENT)}`)
  if (remedy !== undefined) say(`${INDENT}${colors.dim('→')} ${wrapped(remedy, `${INDENT}  `)}`)
}
