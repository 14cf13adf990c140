// Report certificates and anchored reports.
import { ReportIssued, ReportSignerSet } from "../generated/FlyTrap/FlyTrap"
import { ReportIssue, ReportSigner } from "../generated/schema"
import { reportKindName } from "./enums"
import { cursorOf, eventId } from "./ids"

export function handleReportSignerSet(event: ReportSignerSet): void {
  const signer = new ReportSigner(event.params.spkiHash)
  signer.from = event.params.from
  signer.until = event.params.until
  signer.save()
}

export function handleReportIssued(event: ReportIssued): void {
  const issue = new ReportIssue(eventId(event))
  issue.reportHash = event.params.reportHash
  issue.kind = reportKindName(event.params.kind)
  issue.issuer = event.params.issuer
  issue.at = event.block.timestamp
  issue.transaction = event.transaction.hash
  issue.cursor = cursorOf(event)
  issue.save()
}
