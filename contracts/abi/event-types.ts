// Generated from the ABI by `npm run generate`. Do not edit.

/** The arguments of every event: numbers up to 48 bits, bigint above, bytes and addresses as lower-case hex. */
export interface EventArgs {
  Access: { account: `0x${string}`; topicId: `0x${string}`; packed: bigint }
  AccountSuspended: { account: `0x${string}`; until: number }
  AuditorSet: { account: `0x${string}`; topicId: `0x${string}`; sender: `0x${string}`; until: number; appointed: number }
  Batch: { recorder: `0x${string}`; firstSeq: bigint; count: number; recordsHash: `0x${string}`; evidenceRoot: `0x${string}`; through: number; builtAt: number; head: `0x${string}` }
  CredentialRevoked: { wallet: `0x${string}`; id: `0x${string}` }
  Credited: { account: `0x${string}`; topicId: `0x${string}`; income: number; amount: bigint }
  DeviceAuthorized: { owner: `0x${string}`; device: `0x${string}`; until: number }
  EIP712DomainChanged: {  }
  FeesSet: { share: number; registrationFee: bigint; publishFee: bigint }
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
  RightBought: { topicId: `0x${string}`; account: `0x${string}`; grantId: number; seller: `0x${string}`; right: number; until: number; price: bigint; period: number; purpose: `0x${string}` }
  SuccessorAnnounced: { successor: `0x${string}` }
  TermsSet: { topicId: `0x${string}`; setAt: number; offers: number; publishPrice: bigint; subscribePrice: bigint; period: number; countryRule: number; countries: bigint; isSealed: boolean }
  TopicRegistered: { topicId: `0x${string}`; owner: `0x${string}`; sender: `0x${string}`; since: number; filter: string }
  TopicTransferred: { topicId: `0x${string}`; from: `0x${string}`; to: `0x${string}`; since: number }
  TransferProposed: { topicId: `0x${string}`; from: `0x${string}`; to: `0x${string}`; proposal: number }
  Unpaused: { account: `0x${string}` }
  Withdrawn: { account: `0x${string}`; to: `0x${string}`; amount: bigint }
}
