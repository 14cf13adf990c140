// Wallets appear when the contract first names them in a right; who merely knocked is no wallet of ours.
import { Bytes, ethereum } from "@graphprotocol/graph-ts"
import { Wallet } from "../generated/schema"

export function touchWallet(address: Bytes, event: ethereum.Event): void {
  if (Wallet.load(address) != null) return
  const wallet = new Wallet(address)
  wallet.firstSeenAt = event.block.timestamp
  wallet.save()
}
