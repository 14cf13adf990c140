/** @module Deeds beside those of the contract's own differential test: what only an indexer has to understand. */
import { randomBytes } from 'node:crypto'
import { type Hex, toHex } from '../../../domain/bytes.ts'
import type { Stage } from '../../contracts/differential/deeds.ts'
import type { Deed } from '../../contracts/differential/world.ts'

/** A batch by the first recorder, of records whose every byte is chance: no number in them need mean anything. */
export function randomBatch({ ledger, world, chance }: Stage, count: number): Deed {
  const owner = world.accounts[0]!.address
  const active = [...ledger.recorders].find(([, { state }]) => state === 1)
  if (active === undefined) {
    const newcomer = world.accounts.find(({ address }) => !ledger.recorders.has(address)) ?? world.accounts[0]!
    return { name: 'addRecorder', args: [newcomer.address], from: owner }
  }
  const [from, { nextSeq }] = active
  const records = toHex(Buffer.concat(Array.from({ length: count }, () => randomRecord(chance.next()))))
  const root = toHex(randomBytes(32))
  return { name: 'recordBatch', args: [nextSeq, records, root, world.time, world.time], from }
}

/** Half of them look like records that a proxy would write. */
function randomRecord(likeness: number): Uint8Array {
  const bytes = randomBytes(72)
  if (likeness < 0.5) return bytes
  bytes.fill(0, 52)
  bytes[52] = 1 + (bytes[0]! % 12) // action
  bytes[53] = bytes[1]! % 2 // outcome
  if (bytes[53] === 1) bytes[55] = 203 // NO_GRANT
  bytes.writeUInt32BE(1_700_000_000 + bytes.readUInt16BE(2), 57) // firstAt, its low bytes
  return bytes
}

type Maker = (stage: Stage, owner: Hex) => Deed

const MAKERS: readonly Maker[] = [
  ({ world, chance }, from) => ({ name: 'transferOwnership', args: [chance.pick(world.accounts).address], from }),
  (_, from) => ({ name: 'transferOwnership', args: [from], from }),
  (_, from) => ({ name: 'acceptOwnership', args: [], from }),
  ({ world, chance }, from) => ({ name: 'announceSuccessor', args: [chance.pick(world.accounts).address], from }),
  ({ chance, world }, from) => {
    const hash = `0x${chance.below(4).toString(16).padStart(64, 'a')}`
    return { name: 'setReportSigner', args: [hash, world.time, world.time + chance.below(1_000)], from }
  },
  ({ ledger, chance }, owner) => {
    const from = [...ledger.recorders.keys()].at(0) ?? owner
    return { name: 'issueReport', args: [toHex(randomBytes(32)), chance.below(9)], from }
  },
]

/** Ownership is never really lost: who is offered it is the owner himself, or never accepts. */
export const ownersDeed = (stage: Stage): Deed => stage.chance.pick(MAKERS)(stage, stage.world.accounts[0]!.address)
