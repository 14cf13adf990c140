// The handlers that subgraph.yaml names, one file each subject.
export { handleTopicRegistered, handleGrantIssued, handleGrantEnded } from "./topics"
export { handleRecorderAdded, handleRecorderRetired, handleRecorderStopped } from "./recorders"
export { handleAccess, handleBatch } from "./access-log"
export { handleReportSignerSet, handleReportIssued } from "./reports"
