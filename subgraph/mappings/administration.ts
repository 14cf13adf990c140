// The broker owner's side: fees, ownership, pause, suspension, successor.
import { Address, BigInt, ethereum } from "@graphprotocol/graph-ts"
import {
  AccountSuspended,
  FeesSet,
  OwnershipTransferred,
  OwnershipTransferStarted,
  Paused,
  SuccessorAnnounced,
  Unpaused,
} from "../generated/FlyTrap/FlyTrap"
import {
  Contract,
  FeesChange,
  OwnershipChange,
  PauseChange,
  SuccessorAnnouncement,
  Suspension,
} from "../generated/schema"
import { cursorOf, eventId } from "./ids"
import { loadWallet } from "./wallets"

export function handleFeesSet(event: FeesSet): void {
  const contract = loadContract(event)
  contract.share = BigInt.fromI32(event.params.share)
  contract.registrationFee = event.params.registrationFee
  contract.publishFee = event.params.publishFee
  contract.save()

  const change = new FeesChange(eventId(event))
  change.share = contract.share
  change.registrationFee = event.params.registrationFee
  change.publishFee = event.params.publishFee
  change.at = event.block.timestamp
  change.transaction = event.transaction.hash
  change.block = event.block.number
  change.cursor = cursorOf(event)
  change.save()
}

export function handleOwnershipTransferStarted(event: OwnershipTransferStarted): void {
  const contract = loadContract(event)
  contract.pendingOwner = event.params.newOwner != Address.zero() ? event.params.newOwner : null
  contract.save()
  appendOwnership(event, "OFFERED", event.params.previousOwner, event.params.newOwner)
}

export function handleOwnershipTransferred(event: OwnershipTransferred): void {
  const contract = loadContract(event)
  contract.owner = event.params.newOwner
  contract.pendingOwner = null
  contract.save()
  appendOwnership(event, "ACCEPTED", event.params.previousOwner, event.params.newOwner)
}

export function handlePaused(event: Paused): void {
  setPaused(event, true, event.params.account)
}

export function handleUnpaused(event: Unpaused): void {
  setPaused(event, false, event.params.account)
}

export function handleAccountSuspended(event: AccountSuspended): void {
  const wallet = loadWallet(event.params.account, event)
  wallet.suspendedUntil = event.params.until
  wallet.save()

  const suspension = new Suspension(eventId(event))
  suspension.account = wallet.id
  suspension.until = event.params.until
  suspension.at = event.block.timestamp
  suspension.transaction = event.transaction.hash
  suspension.block = event.block.number
  suspension.cursor = cursorOf(event)
  suspension.save()
}

export function handleSuccessorAnnounced(event: SuccessorAnnounced): void {
  const contract = loadContract(event)
  contract.successor = event.params.successor
  contract.save()

  const announcement = new SuccessorAnnouncement(eventId(event))
  announcement.successor = event.params.successor
  announcement.at = event.block.timestamp
  announcement.transaction = event.transaction.hash
  announcement.block = event.block.number
  announcement.cursor = cursorOf(event)
  announcement.save()
}

/** The deployment's own events make it: ownership comes first. */
function loadContract(event: ethereum.Event): Contract {
  let contract = Contract.load(event.address)
  if (contract != null) return contract
  contract = new Contract(event.address)
  contract.owner = Address.zero()
  contract.paused = false
  contract.share = BigInt.zero()
  contract.registrationFee = BigInt.zero()
  contract.publishFee = BigInt.zero()
  return contract
}

function setPaused(event: ethereum.Event, paused: boolean, sender: Address): void {
  const contract = loadContract(event)
  contract.paused = paused
  contract.save()

  const change = new PauseChange(eventId(event))
  change.paused = paused
  change.sender = sender
  change.at = event.block.timestamp
  change.transaction = event.transaction.hash
  change.block = event.block.number
  change.cursor = cursorOf(event)
  change.save()
}

function appendOwnership(event: ethereum.Event, kind: string, from: Address, to: Address): void {
  const change = new OwnershipChange(eventId(event))
  change.kind = kind
  change.from = from
  change.to = to
  change.at = event.block.timestamp
  change.transaction = event.transaction.hash
  change.block = event.block.number
  change.cursor = cursorOf(event)
  change.save()
}
