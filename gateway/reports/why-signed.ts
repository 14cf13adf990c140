/** @module Why a finished report is not anchored, and what happens next, for whoever asked for it. Pure. */
import type { GatewayRecorderStatus } from '../recorder/port.ts'
import type { RequestedReport } from './report.ts'

const NOT_TO_BE =
  'Anchoring costs the operator a transaction: it is done for auditors and for the topic’s owners. The signature stands without it.'
const BY_OTHERS = 'The gateway that made it anchors it. Look again soon.'
const SOON = 'Its hash is on the way to the chain. Look again soon.'

export function whySigned({ isToAnchor, makerId }: RequestedReport, recorder: GatewayRecorderStatus): string {
  if (isToAnchor !== true) return NOT_TO_BE
  if (!recorder.isOpen) return recorder.trouble
  if (recorder.records.recorderId !== makerId) return BY_OTHERS
  return recorder.records.issues.trouble ?? SOON
}
