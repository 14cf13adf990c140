// Every id of the subgraph is made here.
import { BigInt, Bytes, ethereum } from "@graphprotocol/graph-ts"

/**
 * `size` bytes of a number, big-endian.
 * @example fixed(BigInt.fromI32(7), 4) is 0x00000007
 */
export function fixed(value: BigInt, size: i32): Bytes {
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size && i < value.length; i++) bytes[size - 1 - i] = value[i]
  return Bytes.fromUint8Array(bytes)
}

/** @example grantId(5) is 0x0000000005 */
export function grantId(number: BigInt): Bytes {
  return fixed(number, 5)
}

/** @example recorderId(1) is 0x00000001 */
export function recorderId(number: BigInt): Bytes {
  return fixed(number, 4)
}

/** @example recordId(1, 2) is 0x000000010000000000000002 */
export function recordId(recorder: BigInt, sequence: BigInt): Bytes {
  return fixed(recorder, 4).concat(fixed(sequence, 8))
}

/** topicId 32, account 20, right 1, bought 1. */
export function grantSlotId(topicId: Bytes, account: Bytes, right: i32, bought: boolean): Bytes {
  return topicId
    .concat(account)
    .concat(fixed(BigInt.fromI32(right), 1))
    .concat(fixed(BigInt.fromI32(bought ? 1 : 0), 1))
}

/** owner 20, device 20: one device may sign in for several owners. */
export function deviceKeyId(owner: Bytes, device: Bytes): Bytes {
  return owner.concat(device)
}

/** account 20, topicId 32; zero for all topics. */
export function auditorId(account: Bytes, topicId: Bytes): Bytes {
  return account.concat(topicId)
}

/** Transaction hash and log index of the block: one transaction may emit many events. */
export function eventId(event: ethereum.Event): Bytes {
  return event.transaction.hash.concatI32(event.logIndex.toI32())
}

/** block << 32 | logIndex: the order of the chain in one number. */
export function cursorOf(event: ethereum.Event): BigInt {
  return event.block.number.leftShift(32).plus(event.logIndex)
}
