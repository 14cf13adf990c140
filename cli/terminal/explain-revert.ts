/** @module The contract's custom errors on a terminal: what happened, and a line to paste that goes on from there. */
import { getAddress } from 'ethers'
import { isRefusal, type RefusalName, type Refused, type Revert, whatHappened } from '../../domain/refusals.ts'
import { quoted } from './output.ts'

/** What the command that was refused was about. */
export interface RefusedCall {
  /** Who signed. */
  sender: string
  filter?: string | undefined
}

const list = 'See: npx flytrap topic list'
const recorders = 'See: npx flytrap recorder list'
const show = (filter: string): string => `See: npx flytrap topic show ${filter}`
const nothing = (): string => ''

/** The filter is as a shell takes it. Empty where only we can go on. */
const NEXT: Record<RefusalName, (refused: Refused) => string> = {
  EnforcedPause: () => 'He does it with: npx flytrap unpause',
  ExpectedPause: () => 'See: npx flytrap contract show',
  FlyTrapBelowMinimum: ({ filter }) => show(filter),
  FlyTrapDeadlinePassed: ({ filter }) =>
    `Ask for a new one: npx flytrap topic voucher ${filter} --for ACCOUNT, or npx flytrap device authorize ACCOUNT --until 30d --sign`,
  FlyTrapGrantNotRevocable: ({ filter }) => `See: npx flytrap rights ${filter}`,
  FlyTrapInvalidAccount: () => 'Give an address or a key of the home: npx flytrap wallet list',
  FlyTrapInvalidBasis: () =>
    'Say which: --basis consent, contract, legal-obligation, vital-interests, public-task or legitimate-interests',
  FlyTrapInvalidCountryRule: ({ filter }) => `Name some: npx flytrap topic countries ${filter} only:DE,FR`,
  FlyTrapInvalidFilter: () => 'Try a shorter one: npx flytrap topic register FILTER',
  FlyTrapInvalidPeriod: () => 'Give an --until after --from.',
  FlyTrapInvalidRights: () => 'Say which are meant: --publish, --subscribe or both.',
  FlyTrapInvalidSignature: () =>
    'Ask for a new one: npx flytrap topic voucher …, or npx flytrap device authorize … --sign',
  FlyTrapInvalidUntil: () => 'Give --until 30d, a date, or never.',
  FlyTrapNotFirstLevel: ({ filter }) => `Its owner registers it: npx flytrap topic register ${filter}`,
  FlyTrapNotForSale: ({ filter }) =>
    `See what is: npx flytrap topic show ${filter}. Its owner offers it with: npx flytrap topic price ${filter} --subscribe 0.01 --period 30d`,
  FlyTrapNotOwnerOf: ({ filter }) => `Sign as its owner: --as NAME. ${show(filter)}`,
  FlyTrapNotProposed: ({ filter }) => `Read what stands now: npx flytrap topic show ${filter}`,
  FlyTrapNotSellable: ({ filter }) =>
    `Grant them instead: npx flytrap grant ${filter} ACCOUNT --subscribe --until 30d --basis contract`,
  FlyTrapNotTopicOwner: () => `Sign as its owner: --as NAME. ${list}`,
  FlyTrapNothingToWithdraw: () => 'See: npx flytrap income',
  FlyTrapProposalStands: ({ filter }) => `Its owner withdraws it with: npx flytrap topic transfer ${filter} --withdraw`,
  FlyTrapRecorderComplete: () => recorders,
  FlyTrapRecorderState: () => recorders,
  FlyTrapRenounceRefused: () => 'Hand it to another: npx flytrap contract transfer ACCOUNT',
  FlyTrapShareTooHigh: () => 'Ask for less: npx flytrap fees --share 10%',
  FlyTrapTermsChanged: ({ filter }) => show(filter),
  FlyTrapTopicExists: ({ filter }) => `${show(filter)}. Its terms are changed with: npx flytrap topic terms ${filter}`,
  FlyTrapTopicUnregistered: ({ filter }) => `Register it first: npx flytrap topic register ${filter}`,
  FlyTrapUnauthorizedSender: ({ filter }) => `Sign with --as NAME. See: npx flytrap rights ${filter}`,
  FlyTrapWithdrawFailed: () => 'Its own key can name another receiver: npx flytrap withdraw --to ACCOUNT',
  FlyTrapWrongBuiltAt: nothing,
  FlyTrapWrongLength: nothing,
  FlyTrapWrongPayment: () => 'Give the command once more. See: npx flytrap fees',
  FlyTrapWrongSequence: nothing,
  FlyTrapWrongWatermark: nothing,
  InvalidAccountNonce: () => 'Ask for a new one: npx flytrap device authorize ACCOUNT --until 30d --sign',
  InvalidShortString: nothing,
  OwnableInvalidOwner: () => 'Give another: npx flytrap contract transfer ACCOUNT',
  OwnableUnauthorizedAccount: () =>
    'Sign as the broker owner (--as owner on the embedded chain), or ask for a voucher: npx flytrap contract show tells who it is',
  ReentrancyGuardReentrantCall: () => 'Name another: npx flytrap withdraw --to ACCOUNT',
  StringTooLong: nothing,
}

/** Returns the words for a custom error, or undefined for one that is not the contract's. */
export function explainRevert({ error, args }: Revert, call: RefusedCall): string | undefined {
  if (!isRefusal(error)) return undefined
  const { filter = args.filter } = call
  const refused: Refused = {
    args: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, withChecksum(value)])),
    sender: String(withChecksum(call.sender)),
    filter: filter === undefined ? 'FILTER' : quoted(String(filter)),
  }
  return `${whatHappened(error, refused)} ${NEXT[error](refused)}`.trim()
}

const withChecksum = (value: unknown): unknown =>
  typeof value === 'string' && /^0x[0-9a-f]{40}$/.test(value) ? getAddress(value) : value
