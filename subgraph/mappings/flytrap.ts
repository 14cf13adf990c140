// The handlers that subgraph.yaml names, one file each subject.
export {
  handleTermsSet,
  handleTopicRegistered,
  handleTopicTransferred,
  handleTransferProposed,
} from "./topics"
export { handleGrantEnded, handleGrantIssued, handleRightBought } from "./grants"
export { handleCredited, handleWithdrawn } from "./payments"
export { handleCredentialRevoked, handleDeviceAuthorized } from "./device-keys"
export { handleAuditorSet } from "./auditors"
export {
  handleAccountSuspended,
  handleFeesSet,
  handleOwnershipTransferred,
  handleOwnershipTransferStarted,
  handlePaused,
  handleSuccessorAnnounced,
  handleUnpaused,
} from "./administration"
export { handleRecorderAdded, handleRecorderRetired, handleRecorderStopped } from "./recorders"
export { handleAccess, handleBatch } from "./access-log"
export { handleReportIssued, handleReportSignerSet } from "./reports"
