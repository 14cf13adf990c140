/** `flytrap check` on true records, and on the same with one thing broken: that it finds, and nothing else. */
import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventTopic, type RpcLog } from '../../contracts/abi/events.ts'
import { createRpc } from '../../contracts/rpc/json-rpc.ts'
import { sha256, toHex, utf8 } from '../../domain/bytes.ts'
import { ReportKind } from '../../domain/enums.ts'
import { leafHash } from '../../domain/evidence.ts'
import { encodeRecord, unpackAccess } from '../../domain/packed.ts'
import { type CheckOptions, type CheckSummary, checkRecords } from '../../records/check/check.ts'
import type { Finding } from '../../records/check/finding.ts'
import type { Records } from '../../records/port.ts'
import { startTestChain, type TestChain } from '../support/chain.ts'
import { type LimitedNode, startLimitedNode } from '../support/limited-node.ts'
import { accessOf, addTestRecorder, type TestRecorder } from '../support/records.ts'

const WEB = `0x${'ee'.repeat(32)}`
const REPORT = `0x${'ab'.repeat(32)}` as const
/** Sequence 1 is POLICY; then come two batches that are final, one that is on chain and not final, one unsent, and one record in none. */
const FINAL = { seq: 2, count: 3 }
const LATEST = { seq: 6, count: 2 }
const UNSENT = { seq: 9, count: 2 }
const UNBATCHED = 11

let it: TestChain
let node: LimitedNode
let recorder: TestRecorder
/** The block in which what is final ends. */
let finalBlock: number
const dirs: string[] = []

const folder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-check-'))
  dirs.push(dir)
  return dir
}

beforeAll(async () => {
  it = await startTestChain()
  node = await startLimitedNode(it.chain.url)
  recorder = await addTestRecorder(it)
  dirs.push(recorder.dir)
  const rounds = { anchorEveryMs: 3_600_000, rpcUrl: node.url }
  let records = await recorder.open(rounds)
  await records.flush()
  await records.issueReport({ reportHash: REPORT, kind: ReportKind.TOPIC_ACCESS })
  while ((await records.reportIssue(REPORT))?.isFinal !== true) await records.flush()
  await add(records, FINAL.count)
  await records.flush()
  finalBlock = Number(await it.chain.rpc.request('eth_blockNumber'))
  await records.stop()
  copyFileSync(recorder.options.journalPath, join(recorder.dir, 'old.sqlite'))
  // Each opening records a POLICY of its own.
  records = await recorder.open({ ...rounds, isBlockSafe: () => false })
  await waitForHead(6)
  await add(records, LATEST.count)
  records.journal.hurry()
  await waitForHead(8)
  await records.stop()
  records = await recorder.open({ ...rounds, isBlockSafe: () => false })
  await waitForHead(9)
  node.fault = (method) => (method === 'eth_sendRawTransaction' ? { at: 'before', how: 'hang-up' } : undefined)
  await add(records, UNSENT.count)
  await records.flush(1).catch(() => {}) // builds, and cannot send
  node.fault = () => ({ at: 'before', how: 'hang-up' })
  await add(records, 1)
  await records.stop()
  node.fault = () => undefined
}, 300_000)

afterAll(async () => {
  await node.stop()
  await it.stop()
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

async function add(records: Records, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await records.journal.record(accessOf({ evidence: { clientId: `device ${i}` } }))
}

/** Resolves once the chain holds all below this sequence. */
async function waitForHead(nextSeq: number, whose = recorder): Promise<void> {
  for (;;) {
    const [, , reached] = (await it.read('recorders', [whose.account.address])) as [number, number, bigint]
    if (reached >= BigInt(nextSeq)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

interface Broken {
  journal: Database.Database
  evidence: Database.Database
  options: CheckOptions
}

type Told = Pick<Finding, 'code'> & Partial<Pick<Finding, 'seq' | 'count'>>

interface Corruption {
  name: string
  breaks: (broken: Broken) => void
  finds: Told[]
}

/** Changes the logs on their way to the check. */
const lieAboutLogs = (change: (logs: RpcLog[]) => RpcLog[]) => () => {
  node.lie = (method, result) => (method === 'eth_getLogs' ? change(result as RpcLog[]) : result)
}
const [ACCESS, BATCH, ISSUED] = [eventTopic('Access'), eventTopic('Batch'), eventTopic('ReportIssued')]
const seqOf = ({ data, topics }: RpcLog): number => (topics[0] === ACCESS ? Number(BigInt(data) & 0xffff_ffffn) : 0)
const firstSeqOf = ({ topics }: RpcLog): number => (topics[0] === BATCH ? Number(topics[2]) : 0)
const word = (data: string, at: number, value: string): `0x${string}` =>
  `0x${data.slice(2, 2 + at * 64)}${value}${data.slice(2 + (at + 1) * 64)}`

const sql =
  (which: 'journal' | 'evidence', ...statements: string[]) =>
  (broken: Broken): void => {
    for (const statement of statements) broken[which].exec(statement)
  }

const CORRUPTIONS: Corruption[] = [
  {
    name: 'evidence whose text was changed',
    breaks: sql('evidence', "UPDATE evidence SET text = replace(text, 'device', 'nobody') WHERE seq = 3"),
    finds: [{ code: 'LEAF_DIFFERS', seq: 3, count: 1 }],
  },
  {
    name: 'evidence whose leaf was changed',
    breaks: sql('evidence', `UPDATE evidence SET leaf = x'${WEB.slice(2)}' WHERE seq = 3`),
    finds: [{ code: 'LEAF_DIFFERS', seq: 3, count: 1 }],
  },
  {
    name: 'evidence whose text was changed with its leaf',
    breaks: ({ evidence }) => {
      const { salt } = evidence.prepare('SELECT salt FROM evidence WHERE seq = 3').get() as { salt: Buffer }
      const place = { ...recorder.options.deployment, recorderId: 1, seq: 3n }
      const leaf = Buffer.from(leafHash(place, salt, '{}'))
      evidence.prepare("UPDATE evidence SET text = '{}', leaf = ? WHERE seq = 3").run(leaf)
    },
    finds: [{ code: 'ROOT_DIFFERS', ...FINAL }],
  },
  {
    name: 'evidence that is gone',
    breaks: sql('evidence', 'DELETE FROM evidence WHERE seq IN (2, 3)'),
    finds: [{ code: 'EVIDENCE_MISSING', seq: 2, count: 2 }],
  },
  {
    name: 'evidence that is not copied yet, which is none',
    breaks: sql('evidence', 'DELETE FROM evidence WHERE seq >= 5'),
    finds: [],
  },
  {
    name: 'evidence without text and salt that nobody ordered to erase',
    breaks: sql('evidence', 'UPDATE evidence SET text = NULL, salt = NULL WHERE seq = 4'),
    finds: [{ code: 'ERASED_WITHOUT_ORDER', seq: 4, count: 1 }],
  },
  {
    name: 'evidence that an order reached, which is none',
    breaks: ({ evidence }) => {
      evidence.exec('UPDATE evidence SET text = NULL, salt = NULL, account = NULL WHERE seq = 4')
      const order = { id: '0x01', ground: 'subject', account: accessOf().account, before: 2 ** 40, requestedAt: 1 }
      evidence.prepare("INSERT INTO erasures VALUES ('0x01', ?, 1)").run(JSON.stringify(order))
    },
    finds: [],
  },
  {
    name: 'evidence that only an order about somebody else could have reached',
    breaks: ({ evidence }) => {
      evidence.exec('UPDATE evidence SET text = NULL, salt = NULL, account = NULL WHERE seq = 4')
      const order = { id: '0x01', ground: 'subject', account: `0x${'cd'.repeat(20)}`, before: 2 ** 40, requestedAt: 1 }
      evidence.prepare("INSERT INTO erasures VALUES ('0x01', ?, 1)").run(JSON.stringify(order))
    },
    finds: [{ code: 'ERASED_WITHOUT_ORDER', seq: 4, count: 1 }],
  },
  {
    name: 'evidence of which half is erased',
    breaks: sql('evidence', 'UPDATE evidence SET salt = NULL WHERE seq = 4'),
    finds: [{ code: 'LEAF_DIFFERS', seq: 4, count: 1 }],
  },
  {
    name: 'evidence that is kept under another batch',
    breaks: sql('evidence', 'UPDATE evidence SET batch_first_seq = 3 WHERE seq = 4'),
    finds: [{ code: 'EVIDENCE_MISPLACED', seq: 4, count: 1 }],
  },
  {
    name: 'evidence that no record stands behind',
    breaks: sql(
      'evidence',
      `INSERT INTO evidence SELECT recorder_id, 77, text, salt, leaf, 77, 1, account, topic_id, last_at, first_at FROM evidence WHERE seq = 3`,
    ),
    finds: [{ code: 'EVIDENCE_UNBOUND', seq: 77, count: 1 }],
  },
  {
    name: 'evidence of a recorder that the chain does not know',
    breaks: sql(
      'evidence',
      `INSERT INTO evidence SELECT 9, 1, text, salt, leaf, 1, 1, account, topic_id, last_at, first_at FROM evidence WHERE seq = 3`,
    ),
    finds: [{ code: 'EVIDENCE_UNBOUND', seq: 1, count: 1 }],
  },
  {
    name: 'a journal that lost a record of a batch',
    breaks: sql('journal', `DELETE FROM records WHERE seq = ${UNSENT.seq}`),
    finds: [{ code: 'MISSING_IN_JOURNAL', seq: UNSENT.seq, count: 1 }],
  },
  {
    name: 'a journal that lost a record of no batch',
    breaks: sql('journal', `DELETE FROM records WHERE seq = ${UNBATCHED}`),
    finds: [{ code: 'MISSING_IN_JOURNAL', seq: UNBATCHED, count: 1 }],
  },
  {
    name: 'a journal that lost a batch, with its records',
    breaks: sql(
      'journal',
      `DELETE FROM batches WHERE first_seq = ${UNSENT.seq}`,
      `DELETE FROM records WHERE seq IN (${UNSENT.seq}, ${UNSENT.seq + 1})`,
    ),
    finds: [{ code: 'MISSING_IN_JOURNAL', ...UNSENT }],
  },
  {
    name: 'a record whose bytes were changed after its batch was built',
    breaks: sql('journal', `UPDATE records SET bytes = zeroblob(72) WHERE seq = ${UNSENT.seq}`),
    finds: [{ code: 'ALTERED_IN_JOURNAL', ...UNSENT }],
  },
  {
    name: 'a record whose evidence was changed in the journal',
    breaks: sql('journal', `UPDATE records SET evidence = '{}' WHERE seq = ${UNBATCHED}`),
    finds: [{ code: 'ALTERED_IN_JOURNAL', seq: UNBATCHED, count: 1 }],
  },
  {
    name: 'a record whose evidence was erased in the journal without an order',
    breaks: sql('journal', `UPDATE records SET evidence = '', salt = x'' WHERE seq = ${UNBATCHED}`),
    finds: [{ code: 'ERASED_WITHOUT_ORDER', seq: UNBATCHED, count: 1 }],
  },
  {
    name: 'a batch whose watermark was changed',
    breaks: sql('journal', `UPDATE batches SET through = through + 1 WHERE first_seq = ${UNSENT.seq}`),
    finds: [{ code: 'ALTERED_IN_JOURNAL', ...UNSENT }],
  },
  {
    name: 'a journal that built another batch than the chain holds',
    breaks: sql('journal', `UPDATE batches SET head = '${WEB}' WHERE first_seq = ${LATEST.seq}`),
    finds: [
      { code: 'JOURNAL_DIFFERS', ...LATEST },
      { code: 'ALTERED_IN_JOURNAL', ...LATEST },
      { code: 'ALTERED_IN_JOURNAL', seq: 8, count: 0 }, // the next one builds on another head
    ],
  },
  {
    name: 'a journal that was restored from an old copy',
    breaks: ({ options }) => Object.assign(options, { journals: [join(recorder.dir, 'old.sqlite')] }),
    finds: [
      { code: 'JOURNAL_DIFFERS', seq: 5, count: 4 },
      { code: 'EVIDENCE_UNBOUND', ...UNSENT }, // the lost journal alone could tell that they are on their way
    ],
  },
  {
    name: 'a journal of another contract',
    breaks: sql(
      'journal',
      `UPDATE meta SET value = '31337/0x${'ab'.repeat(20)}/0x${'cd'.repeat(20)}/1' WHERE key = 'owner'`,
    ),
    finds: [{ code: 'FOREIGN_JOURNAL', count: 0 }],
  },
  {
    name: 'evidence of another contract, and judges none of it',
    breaks: sql(
      'evidence',
      `UPDATE store_meta SET value = '31337/0x${'ab'.repeat(20)}' WHERE key = 'owner'`,
      'DELETE FROM evidence WHERE seq = 2',
      'UPDATE evidence SET recorder_id = 7 WHERE seq = 3',
    ),
    finds: [{ code: 'FOREIGN_STORE', count: 0 }],
  },
  {
    name: 'a chain that lost a block with final records',
    breaks: () => {
      node.frozenAt = finalBlock - 1
    },
    finds: [{ code: 'MISSING_ON_CHAIN', ...FINAL }],
  },
  {
    name: 'a chain that lost a block with records that are not final',
    breaks: ({ journal }) => {
      node.frozenAt = finalBlock
      journal.exec('UPDATE batches SET block = 1 WHERE block IS NOT NULL')
    },
    finds: [
      { code: 'MISSING_ON_CHAIN', seq: 5, count: 1 },
      { code: 'MISSING_ON_CHAIN', ...LATEST },
      { code: 'MISSING_ON_CHAIN', seq: 8, count: 1 },
    ],
  },
  {
    name: 'an endpoint that keeps back a record',
    breaks: lieAboutLogs((logs) => logs.filter((log) => seqOf(log) !== 3)),
    finds: [{ code: 'MISSING_ON_THIS_ENDPOINT', seq: 3, count: 1 }],
  },
  {
    name: 'an endpoint that keeps back the end of a batch',
    breaks: lieAboutLogs((logs) => logs.filter((log) => firstSeqOf(log) !== FINAL.seq)),
    finds: [{ code: 'MISSING_ON_THIS_ENDPOINT', ...FINAL }],
  },
  {
    name: 'an endpoint that keeps back a whole batch',
    breaks: lieAboutLogs((logs) =>
      logs.filter((log) => firstSeqOf(log) !== FINAL.seq && ![2, 3, 4].includes(seqOf(log))),
    ),
    finds: [{ code: 'MISSING_ON_THIS_ENDPOINT', ...FINAL }],
  },
  {
    name: 'an endpoint that keeps back the latest batch',
    breaks: lieAboutLogs((logs) => logs.filter((log) => firstSeqOf(log) !== 8 && seqOf(log) !== 8)),
    finds: [{ code: 'MISSING_ON_THIS_ENDPOINT', seq: 8, count: 1 }],
  },
  {
    name: 'an endpoint that tells a record twice',
    breaks: lieAboutLogs((logs) => logs.flatMap((log) => (seqOf(log) === 3 ? [log, log] : [log]))),
    finds: [{ code: 'DOUBLED_ON_CHAIN', seq: 2, count: 4 }],
  },
  {
    name: 'an endpoint that changes whom a record is about',
    breaks: lieAboutLogs((logs) =>
      logs.map((log) => {
        const [event = '0x', , topicId = '0x'] = log.topics
        return seqOf(log) === 3 ? { ...log, topics: [event, `0x${'00'.repeat(12)}${'cd'.repeat(20)}`, topicId] } : log
      }),
    ),
    finds: [{ code: 'ALTERED_ON_CHAIN', ...FINAL }],
  },
  {
    name: 'an endpoint that changes a head',
    breaks: lieAboutLogs((logs) =>
      logs.map((log) => (firstSeqOf(log) === 5 ? { ...log, data: word(log.data, 5, WEB.slice(2)) } : log)),
    ),
    finds: [{ code: 'HEAD_BROKEN', seq: 5, count: 1 }],
  },
  {
    name: 'a report that the chain does not hold although it was final',
    breaks: lieAboutLogs((logs) => logs.filter(({ topics }) => topics[0] !== ISSUED)),
    finds: [{ code: 'REPORT_MISSING', count: 0 }],
  },
  {
    name: 'a report that waits, which is none',
    breaks: sql('journal', `INSERT INTO issues (report_hash, kind) VALUES ('${WEB}', 1)`),
    finds: [],
  },
  {
    name: 'a report that was anchored behind the journal’s back',
    breaks: sql('journal', 'DELETE FROM issues'),
    finds: [{ code: 'REPORT_UNKNOWN', count: 0 }],
  },
  {
    name: 'a report that was anchored twice',
    breaks: lieAboutLogs((logs) => logs.flatMap((log) => (log.topics[0] === ISSUED ? [log, log] : [log]))),
    finds: [{ code: 'REPORT_DOUBLED', count: 0 }],
  },
  {
    name: 'records that wait longer than they may',
    breaks: ({ options }) => {
      options.now += 26 * 3_600
    },
    finds: [{ code: 'ANCHOR_OVERDUE', seq: UNSENT.seq, count: 1 }],
  },
]

describe('flytrap check', () => {
  test('finds nothing where nothing is wrong, and counts', async () => {
    const { findings, summary } = await check(() => {})
    expect(findings).toEqual([])
    expect(summary).toMatchObject({ recorders: 1, records: 8, waiting: 3, erased: 0, reports: 1, findings: 0 })
  })

  test('finds nothing wrong with a store of a version that named no contract', async () => {
    const { findings } = await check(sql('evidence', 'DROP TABLE store_meta', 'PRAGMA user_version = 2'))
    expect(findings).toEqual([])
  })

  for (const { name, breaks, finds } of CORRUPTIONS) {
    test(`finds ${name}`, async () => {
      const { findings } = await check(breaks)
      expect(findings.map(({ code, seq, count }) => ({ code, ...(seq === undefined ? {} : { seq }), count }))).toEqual(
        finds,
      )
      for (const { remedy } of findings) expect(remedy).not.toBe('')
    })
  }

  test('finds that evidence is missing where the whole store is', async () => {
    const { findings } = await check(({ options }) =>
      Object.assign(options, { evidence: join(folder(), 'none.sqlite') }),
    )
    expect(findings.map(({ code, seq, count }) => ({ code, seq, count }))).toEqual([
      { code: 'EVIDENCE_MISSING', seq: 1, count: 1 },
      { code: 'EVIDENCE_MISSING', ...FINAL },
    ])
  })

  test('finds a recorder innocent that starts again with a clock that went back an hour', async () => {
    const honest = await addTestRecorder(it)
    dirs.push(honest.dir)
    let records = await honest.open()
    await records.flush() // a heartbeat: its watermark is above all that is recorded
    await records.stop()
    records = await honest.open({ clock: () => Date.now() - 3_600_000 })
    await add(records, 3)
    await waitForHead(6, honest)
    await records.stop()
    const { findings } = await check(() => {})
    expect(findings).toEqual([])
  })

  test('convicts a recorder whose access lies below its own watermark', async () => {
    const cheat = await it.account()
    await it.call('addRecorder', [cheat.address])
    const now = Number(
      (await it.chain.rpc.request<{ timestamp: string }>('eth_getBlockByNumber', ['latest', false])).timestamp,
    )
    const [record] = [encodeRecord({ ...unpackAccess(WEB.slice(0, 42), WEB, 1n << 208n), firstAt: now - 60, count: 1 })]
    await it.call('recordBatch', [1, toHex(record), toHex(sha256(utf8(''))), now, now], cheat.sender)
    const { findings } = await check(() => {})
    expect(findings.map(({ code, recorder: whose, seq }) => ({ code, whose, seq }))).toEqual([
      { code: 'OUT_OF_ORDER', whose: cheat.address, seq: 1 },
    ])
  })
})

/** Checks a copy of the recorder's files, broken first. */
async function check(breaks: (broken: Broken) => void): Promise<{ findings: Finding[]; summary: CheckSummary }> {
  const dir = folder()
  cpSync(recorder.dir, dir, { recursive: true })
  const [journalPath, evidencePath] = [join(dir, 'journal.sqlite'), join(dir, 'evidence.sqlite')]
  const options: CheckOptions = {
    rpc: createRpc(node.url),
    deployment: recorder.options.deployment,
    deployBlock: 0,
    journals: [journalPath],
    evidence: evidencePath,
    maxUnanchoredMs: 24 * 3_600_000,
    now: Math.floor(Date.now() / 1_000),
  }
  const [journal, evidence] = [new Database(journalPath), new Database(evidencePath)]
  try {
    breaks({ journal, evidence, options })
    journal.close()
    evidence.close()
    const findings: Finding[] = []
    const walk = checkRecords(options)
    for (;;) {
      const { value, done } = await walk.next()
      if (done === true) return { findings, summary: value }
      findings.push(value)
    }
  } finally {
    node.lie = (_, result) => result
    node.frozenAt = undefined
  }
}
