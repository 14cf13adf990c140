// Topics and grants: what they are now, and what happened to them.
import { Address, BigInt, Bytes, ethereum, log } from "@graphprotocol/graph-ts"
import { GrantEnded, GrantIssued, TopicRegistered } from "../generated/FlyTrap/FlyTrap"
import { Grant, GrantEvent, GrantSlot, Topic } from "../generated/schema"
import { lawfulBasisName, rightName } from "./enums"
import { cursorOf, eventId, grantId, grantSlotId } from "./ids"
import { touchWallet } from "./wallets"

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
  topic.cursor = cursorOf(event)
  topic.save()
}

export function handleGrantIssued(event: GrantIssued): void {
  const id = grantId(event.params.grantId)
  touchWallet(event.params.account, event)
  replaceStanding(event, id)

  const grant = new Grant(id)
  grant.number = event.params.grantId
  grant.right = rightName(event.params.right)
  grant.topic = event.params.topicId
  grant.grantee = event.params.account
  grant.grantor = event.params.grantor
  grant.lawfulBasis = lawfulBasisName(event.params.basis)
  grant.purpose = event.params.purpose
  grant.since = event.block.timestamp
  grant.until = event.params.until
  grant.cursor = cursorOf(event)
  grant.save()
  appendHistory(event, id, "ISSUED", event.params.grantor)
}

export function handleGrantEnded(event: GrantEnded): void {
  const id = grantId(event.params.grantId)
  const grant = Grant.load(id)
  if (grant == null) {
    // Only a startBlock after the deployment can cause this. A history with a hole in it is worse than none.
    log.critical("GrantEnded for grant {}, which was never issued", [event.params.grantId.toString()])
    return
  }
  grant.endedAt = event.block.timestamp
  grant.endedBy = event.params.sender
  grant.save()
  appendHistory(event, id, "ENDED", event.params.sender)
}

/** A new grant of the same right takes the place of the one that stands. */
function replaceStanding(event: GrantIssued, id: Bytes): void {
  const slotId = grantSlotId(event.params.topicId, event.params.account, event.params.right)
  let slot = GrantSlot.load(slotId)
  if (slot == null) slot = new GrantSlot(slotId)
  else endReplaced(slot.grant, event.block.timestamp, event.params.grantor)
  slot.grant = id
  slot.save()
}

function endReplaced(id: Bytes, at: BigInt, by: Bytes): void {
  const grant = Grant.load(id)
  if (grant == null || grant.endedAt) return
  grant.endedAt = at
  grant.endedBy = by
  grant.save()
}

function appendHistory(event: ethereum.Event, grant: Bytes, kind: string, sender: Bytes): void {
  const entry = new GrantEvent(eventId(event))
  entry.grant = grant
  entry.kind = kind
  entry.sender = sender
  entry.at = event.block.timestamp
  entry.transaction = event.transaction.hash
  entry.block = event.block.number
  entry.cursor = cursorOf(event)
  entry.save()
}
