/** @module A chain with a registered signer, for reports over a history that a test writes itself; and what verifying one finds. */
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { createChainSource } from '../../reports/chain-source.ts'
import type { ReportOrder } from '../../reports/make-report.ts'
import { remakeReport } from '../../reports/remake.ts'
import type { Finding, FindingName } from '../../reports/verify/findings.ts'
import { type VerifyOptions, verifyReport } from '../../reports/verify/verify-report.ts'
import { startTestChain, type TestChain } from './chain.ts'
import { advance, temporarySigner } from './kitchen-story.ts'
import type { RecordedChain } from './recorded-chain.ts'

export interface ReportChain {
  it: TestChain
  /** An order as of now, over what the recorder's hand wrote. */
  order(recorder: RecordedChain, question: ReportOrder['question']): Promise<ReportOrder>
  stop(): Promise<void>
}

export async function startReportChain(): Promise<ReportChain> {
  const it = await startTestChain()
  const signer = await temporarySigner(it)
  const { address: contract, deployBlock } = it.contract
  return {
    it,
    order: async ({ evidence }, question) => ({
      question,
      source: createChainSource(it.chain.rpc, contract, evidence),
      deployment: { chainId: it.chain.chainId, contract, deployBlock },
      confirmations: 1,
      signer,
      signedAt: (await advance(it, 1)) + 1,
    }),
    async stop() {
      rmSync(dirname(signer.certificatePath), { recursive: true })
      await it.stop()
    },
  }
}

/** Returns the names that failed, and what was found of completeness. */
export async function found(
  pdf: Uint8Array,
  options: VerifyOptions,
): Promise<{ failed: FindingName[]; coverage: Finding | undefined }> {
  const { findings } = await verifyReport(pdf, { remake: remakeReport, ...options })
  return {
    failed: findings.filter(({ status }) => status === 'failed').map(({ name }) => name),
    coverage: findings.find(({ name }) => name === 'coverage'),
  }
}
