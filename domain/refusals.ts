/**
 * @module The contract's custom errors for people: what happened. What to do next differs between a terminal and a page:
 * each adds it (cli/terminal/explain-revert, gateway/pages/browser/next-steps). Pure.
 */
import { showEth, showPeriod, showTime } from './amounts.ts'
import { Right } from './enums.ts'

/** Which custom error the contract reverted with, as contracts/abi decodes it. */
export interface Revert {
  error: string
  args: Record<string, unknown>
}

/** What was refused, in the words of whoever shows it. */
export interface Refused {
  args: Record<string, unknown>
  /** Who signed. */
  sender: string
  filter: string
}

export const rightOf = (right: unknown): string => (Number(right) === Right.PUBLISH ? 'publish' : 'subscribe')
const wei = (value: unknown): string => showEth(BigInt(value as bigint))
const recorderStates = ['unknown', 'active', 'retired', 'stopped']
const ours = (what: string): string => `${what} This is a mistake of this program: please report it.`

export const REFUSALS = {
  EnforcedPause: () =>
    'The contract is paused: registrations, grants and sales wait until the broker owner ends the pause.',
  ExpectedPause: () => 'The contract is not paused: there is nothing to end.',
  FlyTrapBelowMinimum: ({ args }) =>
    `The right would run until ${showTime(Number(args.until))}: no longer than it does already, or less than was expected.`,
  FlyTrapDeadlinePassed: ({ args }) => `The signature was good until ${showTime(Number(args.deadline))}.`,
  FlyTrapGrantNotRevocable: ({ args }) =>
    `There is no such grant to end: ${rightOf(args.right)} was never given, or was ended before.`,
  FlyTrapInvalidAccount: ({ args }) => `${args.account} cannot be used here.`,
  FlyTrapInvalidBasis: () => 'A grant needs a lawful basis of GDPR Art. 6(1).',
  FlyTrapInvalidCountryRule: () => 'The country rule names no country, or is of no known kind.',
  FlyTrapInvalidFilter: ({ filter }) =>
    `${filter} is no filter that can be registered: at most 256 bytes and 16 levels, # alone and last, + alone.`,
  FlyTrapInvalidPeriod: () => 'The period ends before it begins.',
  FlyTrapInvalidRights: () => 'No right was named.',
  FlyTrapInvalidSignature: ({ args }) =>
    `${args.signer} did not sign this for this contract, or signed something else before it was sent (each one serves once, in order).`,
  FlyTrapInvalidUntil: () => 'A grant must end in the future.',
  FlyTrapNotFirstLevel: ({ filter }) => `${filter} lies below another name: only first-level names are given.`,
  FlyTrapNotForSale: ({ args, filter }) =>
    `${Number(args.rights) === 3 ? 'These rights are' : `The right to ${rightOf(args.rights)} is`} not for sale on ${filter}.`,
  FlyTrapNotOwnerOf: ({ sender, filter }) => `${sender} does not own ${filter}.`,
  FlyTrapNotProposed: ({ sender }) =>
    `Nothing under that number is offered to ${sender}: the offer was withdrawn, replaced or accepted.`,
  FlyTrapNotSellable: ({ filter }) => `Rights on ${filter} cannot be sold: only literal topics and …/# have prices.`,
  FlyTrapNotTopicOwner: ({ sender, filter }) => `${sender} does not own the topic at or above ${filter}.`,
  FlyTrapNothingToWithdraw: ({ args }) => `${args.account} has no income to withdraw.`,
  FlyTrapProposalStands: ({ args }) =>
    `A transfer (proposal ${args.proposal}) stands: until it is accepted or withdrawn nothing is sold or registered there.`,
  FlyTrapRecorderComplete: ({ args }) =>
    `${args.recorder} retired, and its log is complete: there is nothing more to record.`,
  FlyTrapRecorderState: ({ args }) =>
    `${args.recorder} is ${recorderStates[Number(args.state)] ?? 'in no known state'} already, which cannot be changed so: a recorder is added once, retired or stopped, and never returns.`,
  FlyTrapRenounceRefused: () => 'The contract always has an owner.',
  FlyTrapShareTooHigh: () => 'The broker owner’s share is at most 10 %.',
  FlyTrapTermsChanged: ({ args }) =>
    `A running right is renewed at its own terms only (${wei(args.price)} for ${showPeriod(Number(args.period))}), and the owner changed them since. It can be bought anew once it ends.`,
  FlyTrapTopicExists: () => 'That filter is registered already.',
  FlyTrapTopicUnregistered: () => 'That filter is not registered.',
  FlyTrapUnauthorizedSender: ({ sender }) =>
    `${sender} may not end this right: only the topic’s owner, its grantor or its holder may.`,
  FlyTrapWithdrawFailed: ({ args }) => `${args.to} refuses payments.`,
  FlyTrapWrongBuiltAt: () => ours('The batch’s time goes back or lies in the future; check this machine’s clock.'),
  FlyTrapWrongLength: () => ours('The batch holds no whole records, or more than 1,500.'),
  FlyTrapWrongPayment: ({ args }) =>
    `The contract asks for ${wei(args.expected)}, ${wei(args.given)} came: the price or a fee changed in this moment, nothing was paid.`,
  FlyTrapWrongSequence: () => ours('The batch does not follow the last one, or another process records with this key.'),
  FlyTrapWrongWatermark: () => ours('The batch’s watermark goes back or does not rise.'),
  InvalidAccountNonce: ({ args }) => `The signature was made for another step of ${args.account}.`,
  InvalidShortString: () => ours('A text of the contract is damaged.'),
  OwnableInvalidOwner: () => 'The zero address cannot own the contract.',
  OwnableUnauthorizedAccount: ({ sender }) => `Only the broker owner may do this; ${sender} is not.`,
  ReentrancyGuardReentrantCall: () => 'The receiver called back while it was paid, which is refused.',
  StringTooLong: () => ours('A text of the contract is too long.'),
} satisfies Record<string, (refused: Refused) => string>

export type RefusalName = keyof typeof REFUSALS

/** Returns whether the error is one of the contract's. */
export const isRefusal = (name: string): name is RefusalName => Object.hasOwn(REFUSALS, name)

/** Returns what happened. */
export const whatHappened = (name: RefusalName, refused: Refused): string =>
  (REFUSALS[name] as (refused: Refused) => string)(refused)
