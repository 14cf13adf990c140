// Recorders: what the contract says of each key that may write to the log.
import { BigInt, Bytes, ethereum, log } from "@graphprotocol/graph-ts"
import { RecorderAdded, RecorderRetired, RecorderStopped } from "../generated/FlyTrap/FlyTrap"
import { Recorder, RecorderAccount, RecorderEvent } from "../generated/schema"
import { cursorOf, eventId, recorderId } from "./ids"

export function handleRecorderAdded(event: RecorderAdded): void {
  const recorder = new Recorder(recorderId(event.params.recorderId))
  recorder.number = event.params.recorderId
  recorder.address = event.params.recorder
  recorder.state = "ACTIVE"
  recorder.addedAt = event.block.timestamp
  recorder.nextSequence = BigInt.fromI32(1)
  recorder.through = event.block.timestamp
  recorder.builtAt = event.block.timestamp
  recorder.head = event.params.head
  recorder.save()
  const account = new RecorderAccount(event.params.recorder)
  account.recorder = recorder.id
  account.save()
  appendHistory(event, recorder, "ADDED")
}

export function handleRecorderRetired(event: RecorderRetired): void {
  end(event, event.params.recorderId, "RETIRED", event.params.retiredAt)
}

export function handleRecorderStopped(event: RecorderStopped): void {
  end(event, event.params.recorderId, "STOPPED", event.block.timestamp)
}

function end(event: ethereum.Event, number: BigInt, state: string, at: BigInt): void {
  const recorder = loadRecorder(recorderId(number))
  recorder.state = state
  recorder.endedAt = at
  recorder.save()
  appendHistory(event, recorder, state)
}

function appendHistory(event: ethereum.Event, recorder: Recorder, kind: string): void {
  const entry = new RecorderEvent(eventId(event))
  entry.recorder = recorder.id
  entry.kind = kind
  entry.nextSequence = recorder.nextSequence
  entry.through = recorder.through
  entry.head = recorder.head
  entry.at = event.block.timestamp
  entry.transaction = event.transaction.hash
  entry.block = event.block.number
  entry.cursor = cursorOf(event)
  entry.save()
}

/** The contract guarantees that a recorder was added before anything else is said of it. */
export function loadRecorder(id: Bytes): Recorder {
  const recorder = Recorder.load(id)
  if (recorder == null) log.critical("recorder {} was never added", [id.toHexString()])
  return recorder!
}
