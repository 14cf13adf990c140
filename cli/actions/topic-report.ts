/** @module A signed topic-access report from the chain and this home's evidence, and the verdict on one, in lines. */
import { writeFileSync } from 'node:fs'
import colors from 'picocolors'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { ReportKind } from '../../domain/enums.ts'
import type { ReportToIssue } from '../../records/issue/issue.ts'
import { createChainSource } from '../../reports/chain-source.ts'
import { type MadeReport, makeReport } from '../../reports/make-report.ts'
import { openFileSigner } from '../../reports/sign/file-signer.ts'
import type { Verdict } from '../../reports/verify/findings.ts'
import type { SavedDeployment } from '../context.ts'
import { CliError } from '../errors.ts'
import { withEvidence } from '../home/evidence-place.ts'
import type { Home } from '../home/home.ts'
import type { Output } from '../terminal/output.ts'
import { visible } from '../terminal/output.ts'
import type { Anchoring } from './anchoring.ts'

export interface TopicReportOrder {
  home: Home
  /** Where the evidence store is. */
  evidence: string
  rpc: Rpc
  deployment: SavedDeployment
  topicFilter: string
  /** Unix seconds. */
  from?: number
  to?: number
  /** Where the PDF goes. */
  file: string
  /** Has its hash anchored. Absent: it stays signed. */
  anchoring?: Pick<Anchoring, 'note'>
}

const ERASED =
  'Evidence of it was erased while it was made, so it was not written. Run the command again for one without it.'

/** Resolves once the PDF is written. Rejects ReportError, or CliError EVIDENCE_ERASED. */
export async function writeTopicReport(order: TopicReportOrder): Promise<MadeReport> {
  const { home, evidence, rpc, deployment, topicFilter, from, to, file, anchoring } = order
  const { chainId, contract, deployBlock } = deployment
  const now = Math.floor(Date.now() / 1_000)
  return withEvidence(evidence, async (store) => {
    const made = await makeReport({
      question: { topicFilter, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
      source: createChainSource(rpc, contract, (recorderId, seq) => store.batch(recorderId, seq)),
      deployment: { chainId, contract, deployBlock },
      confirmations: deployment.embedded ? 1 : 2,
      signer: openFileSigner({ dir: home.path('report'), now }),
      signedAt: now,
    })
    // Noted before it leaves: an erasure names the reports that it cannot reach (GDPR Art. 19).
    if (!(await store.noteReport(made.reportHash, made.evidence))) throw new CliError('EVIDENCE_ERASED', ERASED)
    await anchoring?.note(reportOf(made))
    writeFileSync(file, made.pdf)
    return made
  })
}

export const reportOf = ({ reportHash }: MadeReport): ReportToIssue => ({ reportHash, kind: ReportKind.TOPIC_ACCESS })

const MARKS = { passed: colors.green('✓'), failed: colors.red('✗'), 'not-checked': colors.yellow('–') }

function anchorInWords(anchor: Verdict['anchor']): string {
  if (anchor === undefined) return 'whether its hash is anchored was not checked'
  if (anchor === null) return 'its hash is not anchored: only its own signature tells when it was made'
  const { block, recorder, recorderId, transaction } = anchor
  const by = recorderId === null ? recorder : `R${recorderId} (${recorder})`
  return `its hash was anchored in block ${block} by recorder ${by}, transaction ${transaction}`
}

/** Prints every finding, then the verdict. */
export function showVerdict({ findings, line, result, report, anchor }: Verdict, output: Output): void {
  for (const { name, status, text } of findings) {
    const note = status === 'not-checked' ? colors.dim(' (not checked)') : ''
    output.line(`  ${MARKS[status]} ${name.padEnd(22)}${note} ${colors.dim(visible(text))}`)
  }
  if (report !== undefined) {
    const { topicFilter, rows, block, chainId } = report
    const about = `${visible(topicFilter)}: ${rows} rows, as of block ${block.number} of chain ${chainId}`
    output.line(`\n  ${colors.dim('about')} ${about}`)
    output.line(`  ${colors.dim('chain')} ${anchorInWords(anchor)}`)
  }
  const colour = result === 'FAILED' ? colors.red : result === 'VERIFIED' ? colors.green : colors.yellow
  output.line(`\n  ${colour(colors.bold(line))}`)
}
