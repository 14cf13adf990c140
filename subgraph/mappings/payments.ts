// Money: what the contract holds for whom, and what it paid out.
import { Credited, Withdrawn } from "../generated/FlyTrap/FlyTrap"
import { Payment, Withdrawal } from "../generated/schema"
import { incomeName } from "./enums"
import { cursorOf, eventId } from "./ids"
import { loadWallet } from "./wallets"

export function handleCredited(event: Credited): void {
  const wallet = loadWallet(event.params.account, event)
  wallet.credited = wallet.credited.plus(event.params.amount)
  wallet.save()

  const payment = new Payment(eventId(event))
  payment.account = wallet.id
  payment.topic = event.params.topicId
  payment.income = incomeName(event.params.income)
  payment.amount = event.params.amount
  payment.at = event.block.timestamp
  payment.transaction = event.transaction.hash
  payment.block = event.block.number
  payment.cursor = cursorOf(event)
  payment.save()
}

export function handleWithdrawn(event: Withdrawn): void {
  const wallet = loadWallet(event.params.account, event)
  wallet.withdrawn = wallet.withdrawn.plus(event.params.amount)
  wallet.save()

  const withdrawal = new Withdrawal(eventId(event))
  withdrawal.account = wallet.id
  withdrawal.to = event.params.to
  withdrawal.amount = event.params.amount
  withdrawal.at = event.block.timestamp
  withdrawal.transaction = event.transaction.hash
  withdrawal.block = event.block.number
  withdrawal.cursor = cursorOf(event)
  withdrawal.save()
}
