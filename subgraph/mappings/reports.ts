// Report certificates and anchored reports.
import { ReportIssued, ReportSignerSet } from "../generated/FlyTrap/FlyTrap"
import { ReportIssue, ReportSigner, ReportSignerChange } from "../generated/schema"
import { reportKindName } from "./enums"
import { cursorOf, eventId } from "./ids"

export function handleReportSignerSet(event: ReportSignerSet): void {
  const signer = new ReportSigner(event.params.spkiHash)
  signer.from = event.params.from
  signer.until = event.params.until
  signer.save()

  const change = new ReportSignerChange(eventId(event))
  change.signer = signer.id
  change.from = event.params.from
  change.until = event.params.until
  change.at = event.block.timestamp
  change.transaction = event.transaction.hash
  change.block = event.block.number
  change.cursor = cursorOf(event)
  change.save()
}

export function handleReportIssued(event: ReportIssued): void {
  const issue = new ReportIssue(eventId(event))
  issue.reportHash = event.params.reportHash
  issue.kind = reportKindName(event.params.kind)
  issue.issuer = event.params.issuer
  issue.at = event.block.timestamp
  issue.transaction = event.transaction.hash
  issue.block = event.block.number
  issue.cursor = cursorOf(event)
  issue.save()
}
