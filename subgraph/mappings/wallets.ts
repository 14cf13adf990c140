// Wallets appear when an event of the contract first names them as owner, holder of a right or of credit, or the like; who
// merely knocked, or stands in a record, is no wallet of ours.
import { BigInt, Bytes, ethereum } from "@graphprotocol/graph-ts"
import { Wallet } from "../generated/schema"

export function touchWallet(address: Bytes, event: ethereum.Event): void {
  if (Wallet.load(address) == null) newWallet(address, event).save()
}

export function loadWallet(address: Bytes, event: ethereum.Event): Wallet {
  const wallet = Wallet.load(address)
  return wallet == null ? newWallet(address, event) : wallet
}

function newWallet(address: Bytes, event: ethereum.Event): Wallet {
  const wallet = new Wallet(address)
  wallet.firstSeenAt = event.block.timestamp
  wallet.suspendedUntil = BigInt.zero()
  wallet.credited = BigInt.zero()
  wallet.withdrawn = BigInt.zero()
  return wallet
}
