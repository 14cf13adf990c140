/** @module What to do in the pages after each of the contract's refusals (domain/refusals says what happened). */
import type { RefusalName } from '../../../domain/refusals.ts'

const reload = 'Load this page again to see what stands now.'
const asOwner = 'Choose the owner’s account in your wallet, then try again.'
const operator = 'Only the operator can do this, with the flytrap command.'
const nothing = ''

export const NEXT_STEPS: Record<RefusalName, string> = {
  EnforcedPause: 'Ask the operator, and try again later. Ending rights and withdrawing work all the same.',
  ExpectedPause: operator,
  FlyTrapBelowMinimum: reload,
  FlyTrapDeadlinePassed: 'Ask whoever signed it for a new one.',
  FlyTrapGrantNotRevocable: reload,
  FlyTrapInvalidAccount: 'Give another address.',
  FlyTrapInvalidBasis: 'Choose one in the form.',
  FlyTrapInvalidCountryRule: 'Choose at least one country, or “anywhere”.',
  FlyTrapInvalidFilter: 'Choose a shorter or simpler one.',
  FlyTrapInvalidPeriod: 'Choose a later end.',
  FlyTrapInvalidRights: 'Tick publish, subscribe or both.',
  FlyTrapInvalidSignature: 'Ask whoever signed it for a new one.',
  FlyTrapInvalidUntil: 'Choose a later date.',
  FlyTrapNotFirstLevel: 'The owner of the name above registers it.',
  FlyTrapNotForSale: 'Ask its owner.',
  FlyTrapNotOwnerOf: asOwner,
  FlyTrapNotProposed: reload,
  FlyTrapNotSellable: 'Grant them instead.',
  FlyTrapNotTopicOwner: asOwner,
  FlyTrapNothingToWithdraw: reload,
  FlyTrapProposalStands: 'Wait until it is accepted, or withdraw it with the flytrap command.',
  FlyTrapRecorderComplete: operator,
  FlyTrapRecorderState: operator,
  FlyTrapRenounceRefused: operator,
  FlyTrapShareTooHigh: operator,
  FlyTrapTermsChanged: reload,
  FlyTrapTopicExists: 'Open it in your list of topics, or choose another name.',
  FlyTrapTopicUnregistered: 'Register it first, in your list of topics.',
  FlyTrapUnauthorizedSender: asOwner,
  FlyTrapWithdrawFailed: 'Name another receiver below.',
  FlyTrapWrongBuiltAt: nothing,
  FlyTrapWrongLength: nothing,
  FlyTrapWrongPayment: 'Try again: the page reads the new price.',
  FlyTrapWrongSequence: nothing,
  FlyTrapWrongWatermark: nothing,
  InvalidAccountNonce: 'Ask whoever signed it for a new one.',
  InvalidShortString: nothing,
  OwnableInvalidOwner: operator,
  OwnableUnauthorizedAccount: 'Ask the broker owner for a voucher, and redeem it in your list of topics.',
  ReentrancyGuardReentrantCall: 'Name another receiver below.',
  StringTooLong: nothing,
}
