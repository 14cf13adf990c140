// Keys that sign in for a wallet, and credentials that no longer do.
import { CredentialRevoked, DeviceAuthorized } from "../generated/FlyTrap/FlyTrap"
import { CredentialRevocation, DeviceKey, DeviceKeyChange } from "../generated/schema"
import { cursorOf, deviceKeyId, eventId } from "./ids"
import { touchWallet } from "./wallets"

export function handleDeviceAuthorized(event: DeviceAuthorized): void {
  touchWallet(event.params.owner, event)
  const id = deviceKeyId(event.params.owner, event.params.device)
  let key = DeviceKey.load(id)
  if (key == null) {
    key = new DeviceKey(id)
    key.owner = event.params.owner
    key.device = event.params.device
    key.authorizedAt = event.block.timestamp
  }
  key.until = event.params.until
  key.cursor = cursorOf(event)
  key.save()

  const change = new DeviceKeyChange(eventId(event))
  change.key = id
  change.until = event.params.until
  change.at = event.block.timestamp
  change.transaction = event.transaction.hash
  change.block = event.block.number
  change.cursor = cursorOf(event)
  change.save()
}

export function handleCredentialRevoked(event: CredentialRevoked): void {
  touchWallet(event.params.wallet, event)
  const revocation = new CredentialRevocation(eventId(event))
  revocation.wallet = event.params.wallet
  revocation.credential = event.params.id
  revocation.at = event.block.timestamp
  revocation.transaction = event.transaction.hash
  revocation.block = event.block.number
  revocation.cursor = cursorOf(event)
  revocation.save()
}
