// Topics: what they are now, and each time that their terms or their owner changed.
import { Address, BigInt, Bytes, log } from "@graphprotocol/graph-ts"
import {
  TermsSet,
  TopicRegistered,
  TopicTransferred,
  TransferProposed,
} from "../generated/FlyTrap/FlyTrap"
import { TermsChange, Topic, TopicTransfer, TransferProposal } from "../generated/schema"
import { countryRuleName } from "./enums"
import { cursorOf, eventId } from "./ids"
import { touchWallet } from "./wallets"

const PUBLISH = 1
const SUBSCRIBE = 2

export function handleTopicRegistered(event: TopicRegistered): void {
  const topic = new Topic(event.params.topicId)
  topic.filter = event.params.filter
  if (event.params.owner != Address.zero()) {
    touchWallet(event.params.owner, event)
    topic.owner = event.params.owner
  }
  topic.since = event.params.since
  topic.registeredAt = event.block.timestamp
  topic.registeredBy = event.params.sender
  topic.termsSetAt = BigInt.zero()
  topic.sellsPublish = false
  topic.sellsSubscribe = false
  topic.publishPrice = BigInt.zero()
  topic.subscribePrice = BigInt.zero()
  topic.period = BigInt.zero()
  topic.countryRule = countryRuleName(0)
  topic.countries = BigInt.zero()
  topic.sealed = false
  topic.cursor = cursorOf(event)
  topic.save()
}

export function handleTermsSet(event: TermsSet): void {
  const change = new TermsChange(eventId(event))
  change.topic = event.params.topicId
  change.setAt = event.params.setAt
  change.sellsPublish = (event.params.offers & PUBLISH) != 0
  change.sellsSubscribe = (event.params.offers & SUBSCRIBE) != 0
  change.publishPrice = event.params.publishPrice
  change.subscribePrice = event.params.subscribePrice
  change.period = event.params.period
  change.countryRule = countryRuleName(event.params.countryRule)
  change.countries = event.params.countries
  change.sealed = event.params.isSealed
  change.at = event.block.timestamp
  change.transaction = event.transaction.hash
  change.block = event.block.number
  change.cursor = cursorOf(event)
  change.save()

  const topic = loadTopic(event.params.topicId)
  topic.termsSetAt = change.setAt
  topic.sellsPublish = change.sellsPublish
  topic.sellsSubscribe = change.sellsSubscribe
  topic.publishPrice = change.publishPrice
  topic.subscribePrice = change.subscribePrice
  topic.period = change.period
  topic.countryRule = change.countryRule
  topic.countries = change.countries
  topic.sealed = change.sealed
  topic.save()
}

export function handleTransferProposed(event: TransferProposed): void {
  const topic = loadTopic(event.params.topicId)
  const isOffer = event.params.to != Address.zero()
  topic.proposedTo = isOffer ? event.params.to : null
  topic.proposal = isOffer ? event.params.proposal : null
  topic.save()

  const proposal = new TransferProposal(eventId(event))
  proposal.topic = topic.id
  proposal.from = event.params.from
  proposal.to = event.params.to
  proposal.number = event.params.proposal
  proposal.at = event.block.timestamp
  proposal.transaction = event.transaction.hash
  proposal.block = event.block.number
  proposal.cursor = cursorOf(event)
  proposal.save()
}

export function handleTopicTransferred(event: TopicTransferred): void {
  touchWallet(event.params.to, event)
  const topic = loadTopic(event.params.topicId)
  topic.owner = event.params.to
  topic.since = event.params.since
  topic.proposedTo = null
  topic.proposal = null
  topic.save()

  const transfer = new TopicTransfer(eventId(event))
  transfer.topic = topic.id
  transfer.from = event.params.from
  transfer.to = event.params.to
  transfer.since = event.params.since
  transfer.at = event.block.timestamp
  transfer.transaction = event.transaction.hash
  transfer.block = event.block.number
  transfer.cursor = cursorOf(event)
  transfer.save()
}

/** The contract guarantees that a topic is registered before anything else is said of it. */
function loadTopic(id: Bytes): Topic {
  const topic = Topic.load(id)
  if (topic == null) log.critical("topic {} was never registered", [id.toHexString()])
  return topic!
}
