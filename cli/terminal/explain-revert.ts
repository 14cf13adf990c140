/** @module The contract's custom errors for people: what happened, and a line to paste that goes on from there. */
import { getAddress } from 'ethers'
import { Right } from '../../domain/enums.ts'
import { showTime } from '../times.ts'
import { showEth, showPeriod } from './amounts.ts'
import { quoted } from './output.ts'

/** What the command that was refused was about. */
export interface RefusedCall {
  /** Who signed. */
  sender: string
  filter?: string | undefined
  account?: string | undefined
}

interface Words {
  args: Record<string, unknown>
  sender: string
  /** As a shell takes it. */
  filter: string
  account: string
}

const list = 'npx flytrap topic list'
const show = (filter: string): string => `npx flytrap topic show ${filter}`
const rightOf = (right: unknown): string => (Number(right) === Right.PUBLISH ? 'publish' : 'subscribe')
const recorderStates = ['unknown', 'active', 'retired', 'stopped']
const ours = (what: string): string => `${what} This is a mistake of this program: please report it, with the command.`

const EXPLANATIONS: Record<string, (words: Words) => string> = {
  EnforcedPause: () =>
    'The contract is paused: registrations, grants and sales wait until the broker owner says: npx flytrap unpause',
  ExpectedPause: () => 'The contract is not paused: there is nothing to end. See: npx flytrap contract show',
  FlyTrapBelowMinimum: ({ args, filter }) =>
    `The right would run until ${showTime(Number(args.until))}: no longer than it does already, or less than was expected. See what stands: ${show(filter)}`,
  FlyTrapDeadlinePassed: ({ args, filter }) =>
    `The signature was good until ${showTime(Number(args.deadline))}. Ask for a new one: npx flytrap topic voucher ${filter} --for ACCOUNT, or npx flytrap device authorize ACCOUNT --until 30d --sign`,
  FlyTrapGrantNotRevocable: ({ args, filter }) =>
    `There is no such grant to end: ${rightOf(args.right)} was never given, or was ended before. See: npx flytrap rights ${filter}`,
  FlyTrapInvalidAccount: ({ args }) =>
    `${args.account} cannot be used here. Give an address or a key of the home: npx flytrap wallet list`,
  FlyTrapInvalidBasis: () =>
    'A grant needs a lawful basis of GDPR Art. 6(1): --basis consent, contract, legal-obligation, vital-interests, public-task or legitimate-interests',
  FlyTrapInvalidCountryRule: ({ filter }) =>
    `The country rule names no country, or is of no known kind: npx flytrap topic countries ${filter} only:DE,FR`,
  FlyTrapInvalidFilter: ({ filter }) =>
    `${filter} is no filter that can be registered: at most 256 bytes and 16 levels, # alone and last, + alone. Try a shorter one: npx flytrap topic register FILTER`,
  FlyTrapInvalidPeriod: () => 'The period ends before it begins: give an --until after --from.',
  FlyTrapInvalidRights: () => 'Say which rights are meant: --publish, --subscribe or both.',
  FlyTrapInvalidSignature: ({ args }) =>
    `${args.signer} did not sign this for this contract, or signed something else before it was sent (each one serves once, in order). Ask for a new one: npx flytrap topic voucher …, or npx flytrap device authorize … --sign`,
  FlyTrapInvalidUntil: () => 'A grant must end in the future. Give --until 30d, a date, or never.',
  FlyTrapNotFirstLevel: ({ filter }) =>
    `${filter} lies below another name: only first-level names are given. Its owner registers it: npx flytrap topic register ${filter}`,
  FlyTrapNotForSale: ({ args, filter }) =>
    `${Number(args.rights) === 3 ? 'These rights are' : `The right to ${rightOf(args.rights)} is`} not for sale on ${filter}. See what is: ${show(filter)}. Its owner offers it with: npx flytrap topic price ${filter} --subscribe 0.01 --period 30d`,
  FlyTrapNotOwnerOf: ({ sender, filter }) =>
    `${sender} does not own ${filter}. Sign as its owner: --as NAME. See who it is: ${show(filter)}`,
  FlyTrapNotProposed: ({ filter, sender }) =>
    `Nothing under that number is offered to ${sender}: the offer was withdrawn, replaced or accepted. Read what stands now: ${show(filter)}`,
  FlyTrapNotSellable: ({ filter }) =>
    `Rights on ${filter} cannot be sold: only literal topics and …/# have prices. Grant them instead: npx flytrap grant ${filter} ACCOUNT --subscribe --until 30d --basis contract`,
  FlyTrapNotTopicOwner: ({ sender, filter }) =>
    `${sender} does not own the topic at or above ${filter}. Sign as its owner: --as NAME. See: ${list}`,
  FlyTrapNothingToWithdraw: ({ args }) => `${args.account} has no income to withdraw. See: npx flytrap income`,
  FlyTrapProposalStands: ({ args, filter }) =>
    `A transfer (proposal ${args.proposal}) stands: until it is accepted or withdrawn nothing is sold or registered there. Its owner withdraws it with: npx flytrap topic transfer ${filter} --withdraw`,
  FlyTrapRecorderComplete: ({ args }) =>
    `${args.recorder} retired, and its log is complete: there is nothing more to record. See: npx flytrap recorder list`,
  FlyTrapRecorderState: ({ args }) =>
    `${args.recorder} is ${recorderStates[Number(args.state)] ?? 'in no known state'} already, which cannot be changed so: a recorder is added once, retired or stopped, and never returns. See: npx flytrap recorder list`,
  FlyTrapRenounceRefused: () =>
    'The contract always has an owner. Hand it to another: npx flytrap contract transfer ACCOUNT',
  FlyTrapShareTooHigh: () => 'The broker owner’s share is at most 10 %: npx flytrap fees --share 10%',
  FlyTrapTermsChanged: ({ args, filter }) =>
    `A running right is renewed at its own terms only (${showEth(BigInt(args.price as bigint))} for ${showPeriod(Number(args.period))}), and the owner changed them since. It can be bought anew once it ends. See: ${show(filter)}`,
  FlyTrapTopicExists: ({ filter }) =>
    `That filter is registered already. See: ${show(filter)}. Its terms are changed with: npx flytrap topic terms ${filter}`,
  FlyTrapTopicUnregistered: ({ filter }) =>
    `That filter is not registered. Register it first: npx flytrap topic register ${filter}`,
  FlyTrapUnauthorizedSender: ({ sender, filter }) =>
    `${sender} may not end this right: only the topic’s owner, its grantor or its holder may. Sign with --as NAME. See: npx flytrap rights ${filter}`,
  FlyTrapWithdrawFailed: ({ args }) =>
    `${args.to} refuses payments. Its own key can name another receiver: npx flytrap withdraw --to ACCOUNT`,
  FlyTrapWrongBuiltAt: () => ours('The batch’s time goes back or lies in the future; check this machine’s clock.'),
  FlyTrapWrongLength: () => ours('The batch holds no whole records, or more than 1,500.'),
  FlyTrapWrongPayment: ({ args }) =>
    `The contract asks for ${showEth(BigInt(args.expected as bigint))}, ${showEth(BigInt(args.given as bigint))} came: the price or a fee changed in this moment, nothing was paid. Give the command once more. See: npx flytrap fees`,
  FlyTrapWrongSequence: () => ours('The batch does not follow the last one, or another process records with this key.'),
  FlyTrapWrongWatermark: () => ours('The batch’s watermark goes back or does not rise.'),
  InvalidAccountNonce: ({ args }) =>
    `The signature was made for another step of ${args.account}. Ask for a new one: npx flytrap device authorize ACCOUNT --until 30d --sign`,
  InvalidShortString: () => ours('A text of the contract is damaged.'),
  OwnableInvalidOwner: () =>
    'The zero address cannot own the contract. Give another: npx flytrap contract transfer ACCOUNT',
  OwnableUnauthorizedAccount: ({ sender }) =>
    `Only the broker owner may do this; ${sender} is not. Sign as the broker owner (--as owner on the embedded chain), or ask for a voucher: npx flytrap contract show tells who it is`,
  ReentrancyGuardReentrantCall: () =>
    'The receiver called back while it was paid, which is refused. Name another: npx flytrap withdraw --to ACCOUNT',
  StringTooLong: () => ours('A text of the contract is too long.'),
}

/** Returns the words for a custom error, or undefined for one that is not the contract's. */
export function explainRevert(
  revert: { error: string; args: Record<string, unknown> },
  call: RefusedCall,
): string | undefined {
  if (!Object.hasOwn(EXPLANATIONS, revert.error)) return undefined
  const { filter = revert.args.filter, account } = call
  return EXPLANATIONS[revert.error]?.({
    args: Object.fromEntries(Object.entries(revert.args).map(([name, value]) => [name, withChecksum(value)])),
    sender: String(withChecksum(call.sender)),
    filter: filter === undefined ? 'FILTER' : quoted(String(filter)),
    account: account ?? 'ACCOUNT',
  })
}

const withChecksum = (value: unknown): unknown =>
  typeof value === 'string' && /^0x[0-9a-f]{40}$/.test(value) ? getAddress(value) : value
