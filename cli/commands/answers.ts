/** @module `flytrap who | report topic-access | verify`: answers, and doubts. */

import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import colors from 'picocolors'
import { parseTopicFilter } from '../../domain/topic-filter.ts'
import { remakeReport } from '../../reports/remake.ts'
import { verifyReport } from '../../reports/verify/verify-report.ts'
import { anchoringOf, showIssued } from '../actions/anchoring.ts'
import { askWho, showWho } from '../actions/ask-gateway.ts'
import { reportOf, showVerdict, writeTopicReport } from '../actions/topic-report.ts'
import { type GlobalOptions, notRunning, openChain, openContext, readEndpoints } from '../context.ts'
import { CliError, usage } from '../errors.ts'
import { evidencePlace } from '../home/evidence-place.ts'
import { listKeys } from '../home/keys.ts'
import { createOutput, quoted } from '../terminal/output.ts'
import { parseDate } from '../times.ts'
import { askUp } from '../up/control.ts'

interface PeriodOptions extends GlobalOptions {
  from?: string
  to?: string
}

const ROWS = 100

export async function who(filter: string, options: PeriodOptions): Promise<void> {
  const { home, output } = openContext(options)
  const gateway = readEndpoints(home)?.gateway
  if (gateway === undefined) throw notRunning()
  const iso = (text: string): string => new Date(parseDate(text) * 1_000).toISOString()
  const period = {
    ...(options.from === undefined ? {} : { from: iso(options.from) }),
    ...(options.to === undefined ? {} : { to: iso(options.to) }),
  }
  const rows = await askWho({ gateway, topic: filter, first: ROWS, ...period })
  for (const row of rows) output.result(row)
  if (rows.length === 0) {
    return output.line(
      `Nobody accessed ${quoted(filter)} that is on chain yet. What waits goes there with: npx flytrap flush`,
    )
  }
  const names = new Map(listKeys(home).map(({ name, address }) => [address as string, name]))
  showWho(rows, output, (address) => names.get(address.toLowerCase()))
  if (rows.length === ROWS)
    output.line(colors.dim(`  The newest ${ROWS}. Narrow it with --from and --to, or ask the playground.`))
}

export interface ReportOptions extends PeriodOptions {
  topic: string
  output?: string
}

export async function reportTopicAccess(options: ReportOptions): Promise<void> {
  if (parseTopicFilter(options.topic) === undefined)
    throw usage(`${JSON.stringify(options.topic)} is no topic name or filter.`)
  const { config, home, rpc, deployment, output } = await openChain(options)
  // So that the report reaches up to now; where nothing runs it reaches as far as the chain does.
  await askUp(home, 'flush').catch((error: CliError) => {
    if (error.code !== 'NOT_RUNNING') throw error
    output.line('Nothing runs on this home: the report goes as far as the chain does.')
  })
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
  const file = resolve(options.output ?? home.path('reports', `topic-access-${stamp}.pdf`))
  mkdirSync(dirname(file), { recursive: true })
  const period = {
    ...(options.from === undefined ? {} : { from: parseDate(options.from) }),
    ...(options.to === undefined ? {} : { to: parseDate(options.to) }),
  }
  const anchoring = anchoringOf(home)
  const made = await writeTopicReport({
    home,
    anchoring,
    evidence: evidencePlace(home, config),
    rpc,
    deployment,
    topicFilter: options.topic,
    file,
    ...period,
  })
  const { reportHash, report } = made
  output.line(`${colors.green('✓')} ${file}  ${colors.dim(`(${report.rows.length} rows, SHA-256 ${reportHash})`)}`)
  output.line(colors.dim(`  Doubt it with: npx flytrap verify ${quoted(file)} --rpc ${rpc.name}`))
  const issued = await anchoring.settled(reportOf(made))
  showIssued(issued, output)
  output.result({ file, reportHash, rows: report.rows.length, anchoring: issued })
}

export interface VerifyCommandOptions extends GlobalOptions {
  rpc?: string
  root?: string
  blockHash?: string
  strict?: boolean
}

/** Needs no home, and none of our services. */
export async function verify(file: string, options: VerifyCommandOptions): Promise<void> {
  const output = createOutput({ json: options.json === true })
  const read = (path: string): Buffer => {
    try {
      return readFileSync(path)
    } catch (cause) {
      throw new CliError('FILE_UNREADABLE', `${path} cannot be read: ${(cause as Error).message}`, { cause })
    }
  }
  const verdict = await verifyReport(read(file), {
    remake: remakeReport,
    strict: options.strict === true,
    ...(options.rpc === undefined ? {} : { rpcUrl: options.rpc }),
    ...(options.root === undefined ? {} : { rootPem: read(options.root).toString() }),
    ...(options.blockHash === undefined ? {} : { blockHash: options.blockHash }),
  })
  output.result(verdict)
  showVerdict(verdict, output)
  process.exitCode = verdict.exitCode
}
