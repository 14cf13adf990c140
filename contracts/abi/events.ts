/**
 * @module Logs to events. A log that is not ours, or does not decode, is undefined: nothing that a node says can throw
 * here. Pure.
 */
import { type EventFragment, Interface, type InterfaceAbi } from 'ethers'
import type { EventArgs } from './event-types.ts'
import FLYTRAP from './FlyTrap.json' with { type: 'json' }

type Hex = `0x${string}`

/** A log as `eth_getLogs` gives it. */
export interface RpcLog {
  address: Hex
  topics: Hex[]
  data: Hex
  blockNumber: Hex
  blockHash: Hex
  transactionHash: Hex
  transactionIndex: Hex
  logIndex: Hex
  removed?: boolean
}

/** Where an event stands on the chain. */
export interface EventPlace {
  address: Hex
  blockNumber: number
  blockHash: Hex
  transactionHash: Hex
  transactionIndex: number
  logIndex: number
}

export type EventName = keyof EventArgs
export type EventOf<N extends EventName> = { name: N; args: EventArgs[N]; log: EventPlace }
/** One event of the contract, with its arguments as generated from the ABI. */
export type ContractEvent = { [N in EventName]: EventOf<N> }[EventName]

export const ABI: InterfaceAbi = FLYTRAP.abi
const iface = new Interface(ABI)

/** Returns the first indexed argument that marks a log as the event `name`. */
export function eventTopic(name: EventName): Hex {
  const event = iface.getEvent(name)
  if (event === null) throw new RangeError(`the contract has no event ${name}`)
  return event.topicHash as Hex
}

const ACCESS = eventTopic('Access')

/** `parseLog` would hash the signature of each event of the contract anew for each log. */
const BY_TOPIC = new Map<string, EventFragment>()
iface.forEachEvent((event) => BY_TOPIC.set(event.topicHash, event))

/** Returns the event, or undefined when the log is not one of the contract's. */
export function decodeLog(log: RpcLog): ContractEvent | undefined {
  const name = log.topics[0] === ACCESS ? 'Access' : undefined
  try {
    return name === 'Access' ? decodeAccess(log) : decodeAny(log)
  } catch {
    return undefined // not our event after all: a foreign log may bear our topic
  }
}

/** Access events are nearly all there are: decoded by hand, a tenth of the time. */
function decodeAccess(log: RpcLog): ContractEvent | undefined {
  const [, account, topicId] = log.topics
  if (account?.length !== 66 || topicId?.length !== 66 || log.data.length !== 66) return undefined
  const args = { account: `0x${account.slice(26)}` as Hex, topicId, packed: BigInt(log.data) }
  return { name: 'Access', args, log: placeOf(log) }
}

function decodeAny(log: RpcLog): ContractEvent | undefined {
  const event = BY_TOPIC.get(log.topics[0] ?? '')
  if (event === undefined) return undefined
  const values = iface.decodeEventLog(event, log.data, log.topics)
  const args = Object.fromEntries(event.inputs.map((input, i) => [input.name, plain(input.type, values[i])]))
  return { name: event.name, args, log: placeOf(log) } as unknown as ContractEvent
}

/** Numbers up to 48 bits as number, above as bigint; bytes and addresses in lower case. */
export function plain(type: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(/^u?int(\d+)$/.exec(type)?.[1] ?? 256) <= 48 ? Number(value) : value
  return typeof value === 'string' && type !== 'string' ? value.toLowerCase() : value
}

function placeOf(log: RpcLog): EventPlace {
  return {
    address: log.address.toLowerCase() as Hex,
    blockNumber: Number(log.blockNumber),
    blockHash: log.blockHash,
    transactionHash: log.transactionHash,
    transactionIndex: Number(log.transactionIndex),
    logIndex: Number(log.logIndex),
  }
}
