// Who may read evidence that is not its own.
import { AuditorSet } from "../generated/FlyTrap/FlyTrap"
import { Auditor, AuditorChange } from "../generated/schema"
import { auditorId, cursorOf, eventId } from "./ids"

export function handleAuditorSet(event: AuditorSet): void {
  const auditor = new Auditor(auditorId(event.params.account, event.params.topicId))
  auditor.account = event.params.account
  auditor.topicId = event.params.topicId
  auditor.until = event.params.until
  auditor.appointed = event.params.appointed
  auditor.appointedBy = event.params.sender
  auditor.cursor = cursorOf(event)
  auditor.save()

  const change = new AuditorChange(eventId(event))
  change.auditor = auditor.id
  change.sender = event.params.sender
  change.until = event.params.until
  change.appointed = event.params.appointed
  change.at = event.block.timestamp
  change.transaction = event.transaction.hash
  change.block = event.block.number
  change.cursor = cursorOf(event)
  change.save()
}
