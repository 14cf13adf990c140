// Rights, given and bought: what they are now, and what happened to them.
import { BigInt, Bytes, ethereum, log } from "@graphprotocol/graph-ts"
import { GrantEnded, GrantIssued, RightBought } from "../generated/FlyTrap/FlyTrap"
import { Grant, GrantEvent, GrantSlot } from "../generated/schema"
import { lawfulBasisName, rightName } from "./enums"
import { cursorOf, eventId, grantId, grantSlotId } from "./ids"
import { touchWallet } from "./wallets"

const CONTRACT = 2

export function handleGrantIssued(event: GrantIssued): void {
  const id = grantId(event.params.grantId)
  const account = event.params.account
  touchWallet(account, event)
  const slot = grantSlotId(event.params.topicId, account, event.params.right, false)
  replaceStanding(slot, id, event.block.timestamp, event.params.grantor)

  const grant = newGrant(id, event)
  grant.number = event.params.grantId
  grant.right = rightName(event.params.right)
  grant.topic = event.params.topicId
  grant.grantee = account
  grant.grantor = event.params.grantor
  grant.bought = false
  grant.lawfulBasis = lawfulBasisName(event.params.basis)
  grant.purpose = event.params.purpose
  grant.until = event.params.until
  grant.save()
  appendHistory(event, id, "ISSUED", event.params.grantor)
}

/** Who buys a right has a contract with the seller: GDPR Art. 6(1)(b). */
export function handleRightBought(event: RightBought): void {
  const id = grantId(event.params.grantId)
  const account = event.params.account
  touchWallet(account, event)
  const slot = grantSlotId(event.params.topicId, account, event.params.right, true)
  replaceStanding(slot, id, event.block.timestamp, account)

  const grant = newGrant(id, event)
  grant.number = event.params.grantId
  grant.right = rightName(event.params.right)
  grant.topic = event.params.topicId
  grant.grantee = account
  grant.grantor = event.params.seller
  grant.bought = true
  grant.price = event.params.price
  grant.period = event.params.period
  grant.lawfulBasis = lawfulBasisName(CONTRACT)
  grant.purpose = event.params.purpose
  grant.until = event.params.until
  grant.save()
  appendHistory(event, id, "BOUGHT", account)
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

function newGrant(id: Bytes, event: ethereum.Event): Grant {
  const grant = new Grant(id)
  grant.since = event.block.timestamp
  grant.cursor = cursorOf(event)
  return grant
}

/** A new grant of the same right takes the place of the one that stands. */
function replaceStanding(slotId: Bytes, id: Bytes, at: BigInt, by: Bytes): void {
  let slot = GrantSlot.load(slotId)
  if (slot == null) slot = new GrantSlot(slotId)
  else endReplaced(slot.grant, at, by)
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
