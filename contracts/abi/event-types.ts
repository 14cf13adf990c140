// Generated from the ABI by `npm run generate`. Do not edit.

/** The arguments of every event: numbers up to 48 bits, bigint above, bytes and addresses as lower-case hex. */
export interface EventArgs {
  Access: { account: `0x${string}`; topicId: `0x${string}`; packed: bigint }
  Batch: { recorder: `0x${string}`; firstSeq: bigint; count: number; recordsHash: `0x${string}`; evidenceRoot: `0x${string}`; through: number; builtAt: number; head: `0x${string}` }
  GrantEnded: { topicId: `0x${string}`; account: `0x${string}`; grantId: number; sender: `0x${string}`; right: number }
  GrantIssued: { topicId: `0x${string}`; account: `0x${string}`; grantId: number; grantor: `0x${string}`; right: number; until: number; basis: number; purpose: `0x${string}` }
  OwnershipTransferStarted: { previousOwner: `0x${string}`; newOwner: `0x${string}` }
  OwnershipTransferred: { previousOwner: `0x${string}`; newOwner: `0x${string}` }
  Paused: { account: `0x${string}` }
  RecorderAdded: { recorder: `0x${string}`; recorderId: number; head: `0x${string}` }
  RecorderRetired: { recorder: `0x${string}`; recorderId: number; retiredAt: number }
  RecorderStopped: { recorder: `0x${string}`; recorderId: number; nextSeq: bigint; through: number; head: `0x${string}` }
  ReportIssued: { reportHash: `0x${string}`; kind: number; issuer: `0x${string}` }
  ReportSignerSet: { spkiHash: `0x${string}`; from: number; until: number }
  TopicRegistered: { topicId: `0x${string}`; owner: `0x${string}`; sender: `0x${string}`; since: number; filter: string }
  Unpaused: { account: `0x${string}` }
}
