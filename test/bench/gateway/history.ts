/** @module A history of so many access records, written into the engine's own store as its mapping would. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256, uint, utf8 } from '../../../domain/bytes.ts'
import { topicIdOf } from '../../../domain/topic-filter.ts'
import type { Engine, EntityValue, IndexedBlock } from '../../../subgraph/engine/port.ts'
import { readSchema } from '../../../subgraph/engine/schema.ts'
import { EntityStore } from '../../../subgraph/engine/store/entity-store.ts'

const BUILD = new URL('../../../subgraph/build', import.meta.url).pathname
const PER_BLOCK = 500
const TOPICS = 50
const ACCOUNTS = 200
const START = 1_767_225_600

const schema = () => readSchema(readFileSync(join(BUILD, 'schema.graphql'), 'utf8'))
const open = (path: string): EntityStore => new EntityStore(path, schema(), 'bench')
const account = (i: number): Uint8Array => sha256(utf8(`account ${i}`)).slice(0, 20)
const topic = (i: number): Uint8Array => Buffer.from(topicIdOf(`bench/${i}`).slice(2), 'hex')
const block = (number: number): IndexedBlock => ({
  number,
  hash: `0x${Buffer.from(sha256(uint(number, 8))).toString('hex')}`,
  timestamp: START + number * 12,
})

/** Block 1 holds topics, accounts' grants and the recorder, each later one its records and their batch. */
export function writeHistory(path: string, records: number): void {
  const store = open(path)
  store.begin(1)
  for (let i = 0; i < TOPICS; i++) store.set('Topic', topic(i), new Map(Object.entries(topicRow(i))))
  for (let i = 1; i <= ACCOUNTS; i++) store.set('Grant', uint(i, 5), new Map(Object.entries(grantRow(i))))
  store.commit(block(1))
  for (let written = 0, number = 2; written < records; written += PER_BLOCK, number += 1) {
    store.begin(number)
    for (let i = 0; i < PER_BLOCK; i++) {
      const sequence = written + i + 1
      const id = Buffer.concat([uint(1, 4), uint(sequence, 8)])
      store.set('AccessRecord', id, new Map(Object.entries(recordRow(sequence, number, i))))
    }
    store.commit(block(number))
  }
  store.close()
}

const cursor = (number: number, index: number): bigint => (BigInt(number) << 32n) | BigInt(index)

const topicRow = (i: number): Record<string, EntityValue> => ({
  id: topic(i),
  filter: `bench/${i}`,
  owner: account(0),
  since: 1n,
  registeredAt: BigInt(START),
  registeredBy: account(0),
  termsSetAt: 0n,
  sellsPublish: false,
  sellsSubscribe: false,
  publishPrice: 0n,
  subscribePrice: 0n,
  period: 0n,
  countryRule: 'ANYWHERE',
  countries: 0n,
  sealed: false,
  cursor: cursor(1, i),
})

const grantRow = (i: number): Record<string, EntityValue> => ({
  id: uint(i, 5),
  number: BigInt(i),
  right: 'PUBLISH',
  topic: topic(i % TOPICS),
  grantee: account(i % ACCOUNTS),
  grantor: account(0),
  bought: false,
  lawfulBasis: 'CONTRACT',
  purpose: new Uint8Array(32),
  since: BigInt(START),
  until: 2n ** 40n - 1n,
  cursor: cursor(1, TOPICS + i),
})

function recordRow(sequence: number, number: number, index: number): Record<string, EntityValue> {
  const at = BigInt(START + number * 12)
  return {
    id: Buffer.concat([uint(1, 4), uint(sequence, 8)]),
    recorderNumber: 1n,
    sequence: BigInt(sequence),
    action: 'PUBLISH',
    outcome: sequence % 10 === 0 ? 'DENIED' : 'ALLOWED',
    denialReason: sequence % 10 === 0 ? 'NO_GRANT' : 'NONE',
    sealed: false,
    account: account(sequence % ACCOUNTS),
    topicId: topic(sequence % TOPICS),
    grantNumber: BigInt((sequence % ACCOUNTS) + 1),
    firstAt: at,
    lastAt: at + 5n,
    count: 3n,
    countIsLowerBound: false,
    transaction: sha256(uint(number, 8)),
    block: BigInt(number),
    blockHash: sha256(uint(number, 8)),
    blockTime: at,
    cursor: cursor(number, index),
  }
}

/** The written history, answered as the engine answers it; nothing follows a chain. */
export function openHistoryFile(path: string): Engine {
  const store = open(path)
  return {
    start: async () => {},
    stop: async () => store.close(),
    status: () => ({ head: store.head(), chainHeight: store.head()?.number, failure: undefined, trouble: undefined }),
    get: (entity, id, at) => store.at(entity, id, at),
    query: (entity, query) => store.query(entity, query),
    blockAtOrBefore: (time) => store.blockAtOrBefore(time),
    blockUpTo: (number) => store.blockBelow(number + 1),
    blockTime: async (number) => store.blockAt(number)?.timestamp,
    blockHash: (number) => store.blockAt(number)?.hash,
  }
}
