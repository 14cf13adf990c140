/** @module What each event does to the view. Never throws on an event that the contract can emit. Pure. */
import { ZERO_ADDRESS } from './bytes.ts'
import type { Topic, TopicTerms, ViewEvent, ViewEventArgs, ViewEventName, ViewState } from './contract-state.ts'
import { type CountryRule, LawfulBasis, RecorderState, type Right } from './enums.ts'
import type { TopicFilter } from './topic-filter.ts'

type Handlers = { [N in ViewEventName]: (state: ViewState, args: ViewEventArgs<N>) => void }

const HANDLERS: Handlers = {
  TopicRegistered: register,
  TermsSet: setTerms,
  TransferProposed: propose,
  TopicTransferred: transfer,
  GrantIssued: issue,
  RightBought: buy,
  GrantEnded: end,
  DeviceAuthorized: (state, { owner, device, until }) => state.authorizeDevice(owner, device, until),
  CredentialRevoked: (state, { wallet, id }) => state.revokeCredential(wallet, id),
  AccountSuspended: (state, { account, until }) => state.suspend(account, until),
  RecorderAdded: (state, args) => state.putRecorder(recorderOf(args, RecorderState.ACTIVE)),
  RecorderRetired: (state, args) => state.putRecorder(recorderOf(args, RecorderState.RETIRED)),
  RecorderStopped: (state, args) => state.putRecorder(recorderOf(args, RecorderState.STOPPED)),
}

/** The events that a fold has to read; all others pass unseen. */
export const VIEW_EVENTS = Object.keys(HANDLERS) as readonly ViewEventName[]

/** Folds one event in. Events must come in chain order, each once. */
export function fold(state: ViewState, { name, args }: ViewEvent): void {
  if (Object.hasOwn(HANDLERS, name)) (HANDLERS[name] as (state: ViewState, args: unknown) => void)(state, args)
}

function register(state: ViewState, { topicId, owner, since, filter }: ViewEventArgs<'TopicRegistered'>): void {
  const topic: Topic = { topicId, filter: filter as TopicFilter, since }
  state.putTopic(owner === ZERO_ADDRESS ? topic : { ...topic, owner })
}

function setTerms(state: ViewState, { topicId, countryRule, ...rest }: ViewEventArgs<'TermsSet'>): void {
  const topic = state.topicById(topicId)
  const { setAt, offers, publishPrice, subscribePrice, period, countries, isSealed } = rest
  const prices = { setAt, offers, publishPrice, subscribePrice, period }
  const terms: TopicTerms = { ...prices, countries, isSealed, countryRule: countryRule as CountryRule }
  if (topic !== undefined) state.putTopic({ ...topic, terms })
}

function propose(state: ViewState, { topicId, to, proposal }: ViewEventArgs<'TransferProposed'>): void {
  const { proposal: _, ...topic } = state.topicById(topicId) ?? {}
  if (!('topicId' in topic)) return
  state.putTopic((to === ZERO_ADDRESS ? topic : { ...topic, proposal: { to, number: proposal } }) as Topic)
}

function transfer(state: ViewState, { topicId, to, since }: ViewEventArgs<'TopicTransferred'>): void {
  const { proposal: _, ...topic } = state.topicById(topicId) ?? {}
  if ('topicId' in topic) state.putTopic({ ...(topic as Topic), owner: to, since })
}

function issue(state: ViewState, { grantId, right, basis, ...rest }: ViewEventArgs<'GrantIssued'>): void {
  const { topicId, account, grantor, until, purpose } = rest
  const grant = { topicId, account, grantor, until, purpose, id: grantId }
  state.putGrant({ ...grant, right: right as Right, basis: basis as LawfulBasis })
}

/** Who buys a right has a contract with the seller: GDPR Art. 6(1)(b). */
function buy(state: ViewState, { grantId, right, seller, price, period, ...rest }: ViewEventArgs<'RightBought'>): void {
  const { topicId, account, until, purpose } = rest
  const grant = { topicId, account, grantor: seller, until, purpose, id: grantId, bought: { price, period } }
  state.putGrant({ ...grant, right: right as Right, basis: LawfulBasis.CONTRACT })
}

/** Numbers are never reused: whichever of the two rights bears it is meant. */
function end(state: ViewState, { topicId, account, right, grantId, sender }: ViewEventArgs<'GrantEnded'>): void {
  for (const grant of [state.grant(topicId, account, right as Right), state.bought(topicId, account, right as Right)]) {
    if (grant?.id === grantId) state.putGrant({ ...grant, endedBy: sender })
  }
}

const recorderOf = ({ recorder, recorderId }: ViewEventArgs<'RecorderAdded'>, state: RecorderState) => ({
  id: recorderId,
  address: recorder,
  state,
})
