/** @module Which events a bundle holds: all that rights, terms, recorders and signers follow from. One list, so that what is gathered is what is looked for. */
import type { EventName } from '../../../contracts/abi/events.ts'
import { VIEW_EVENTS } from '../../../domain/view.ts'

/** How somebody proved himself is no matter of a right: a report would carry every device key of everybody for nothing. */
const OF_PROOFS: readonly string[] = ['DeviceAuthorized', 'CredentialRevoked']

/** Access is none of them, for there are many: it is read apart. */
export const STATE_EVENTS: readonly EventName[] = [
  ...VIEW_EVENTS.filter((name) => !OF_PROOFS.includes(name)),
  'ReportSignerSet',
  'Batch',
]
