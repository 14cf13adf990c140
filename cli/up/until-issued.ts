/** @module Waits for a report to be anchored, for a while: whoever waits is at a terminal. */
import type { Bytes32 } from '../../domain/bytes.ts'
import type { GatewayRecorder } from '../../gateway/recorder/port.ts'
import type { Issued } from './gateway-messages.ts'

/** Two blocks and more. */
const MOST_MS = 30_000
/** What stands in its way may pass as soon. */
const TROUBLED_MS = 3_000
const LOOK_MS = 50

const UNKNOWN = 'Nobody asked this recorder to anchor it.'
const LATER = 'It is on its way, and in no block yet: npx flytrap verify FILE --rpc URL tells when it is.'

/** Rejects RecordsError. */
export async function untilIssued(
  recorder: Pick<GatewayRecorder, 'reportIssue' | 'status'>,
  reportHash: Bytes32,
): Promise<Issued> {
  const startedAt = performance.now()
  for (;;) {
    const issue = await recorder.reportIssue(reportHash)
    if (issue === undefined) return { state: 'SIGNED', reason: UNKNOWN }
    if (issue.place !== null) return { state: 'ANCHORED', ...issue.place }
    const status = recorder.status()
    const trouble = status.isOpen ? status.records.issues.trouble : status.trouble
    const waited = performance.now() - startedAt
    if (waited > (trouble === null ? MOST_MS : TROUBLED_MS)) return { state: 'SIGNED', reason: trouble ?? LATER }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
