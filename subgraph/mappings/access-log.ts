// Access records and the batches that hold them. A record's handler loads nothing: no record can stop the history.
import { log } from "@graphprotocol/graph-ts"
import { Access, Batch as BatchEvent } from "../generated/FlyTrap/FlyTrap"
import { AccessRecord, Batch, RecorderAccount } from "../generated/schema"
import { actionName, denialReasonName, outcomeName } from "./enums"
import { cursorOf, eventId, recordId } from "./ids"
import { field } from "./packed"
import { loadRecorder } from "./recorders"

const COUNT_IS_LOWER_BOUND = 0x80
const SEALED = 0x40
const OUTCOME = 0x3f

export function handleAccess(event: Access): void {
  const packed = event.params.packed
  const number = field(packed, 8, 4)
  const sequence = field(packed, 0, 8)
  const flags = field(packed, 30, 1).toI32()
  const record = new AccessRecord(recordId(number, sequence))
  record.recorderNumber = number
  record.sequence = sequence
  record.action = actionName(field(packed, 31, 1).toI32())
  record.outcome = outcomeName(flags & OUTCOME)
  record.denialReason = denialReasonName(field(packed, 28, 2).toI32())
  record.sealed = (flags & SEALED) != 0
  record.account = event.params.account
  record.topicId = event.params.topicId
  record.grantNumber = field(packed, 12, 5)
  record.firstAt = field(packed, 23, 5)
  record.lastAt = record.firstAt.plus(field(packed, 20, 3))
  record.count = field(packed, 17, 3)
  record.countIsLowerBound = (flags & COUNT_IS_LOWER_BOUND) != 0
  record.transaction = event.transaction.hash
  record.block = event.block.number
  record.blockHash = event.block.hash
  record.blockTime = event.block.timestamp
  record.cursor = cursorOf(event)
  record.save()
}

export function handleBatch(event: BatchEvent): void {
  const account = RecorderAccount.load(event.params.recorder)
  if (account == null) {
    log.critical("a batch of {}, which is no recorder", [event.params.recorder.toHexString()])
    return
  }
  const recorder = loadRecorder(account.recorder)
  recorder.nextSequence = event.params.firstSeq.plus(event.params.count)
  recorder.through = event.params.through
  recorder.builtAt = event.params.builtAt
  recorder.head = event.params.head
  recorder.save()

  const batch = new Batch(eventId(event))
  batch.recorder = recorder.id
  batch.firstSequence = event.params.firstSeq
  batch.count = event.params.count
  batch.recordsHash = event.params.recordsHash
  batch.evidenceRoot = event.params.evidenceRoot
  batch.through = event.params.through
  batch.builtAt = event.params.builtAt
  batch.head = event.params.head
  batch.transaction = event.transaction.hash
  batch.block = event.block.number
  batch.blockHash = event.block.hash
  batch.blockTime = event.block.timestamp
  batch.cursor = cursorOf(event)
  batch.save()
}
