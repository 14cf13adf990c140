/** The journal's file and its queue alone, without a chain: order, slices, and what a kill between two of them leaves. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { BatchFile } from '../../records/batch/batch-file.ts'
import type { BuildOptions, BuiltBatch } from '../../records/batch/built-batch.ts'
import { checkAll } from '../../records/journal/database.ts'
import { Journal } from '../../records/journal/journal.ts'
import { JournalFile } from '../../records/journal/journal-file.ts'
import { type JournalThread, startJournalThread } from '../../records/journal/journal-thread.ts'
import type { JournalOwner } from '../../records/journal/owner.ts'
import { readThrough } from '../../records/journal/read-through.ts'
import { isSound } from '../../records/journal/whole.ts'
import type { OpenWindow } from '../../records/journal/window.ts'
import { settle } from '../../records/recorder/held.ts'
import { startWorker } from '../../records/worker-call.ts'
import { silent } from '../support/chain.ts'
import { accessOf } from '../support/records.ts'

const OWNER: JournalOwner = {
  deployment: { chainId: 31_337n, contract: `0x${'c0'.repeat(20)}` },
  recorder: `0x${'ec'.repeat(20)}`,
  recorderId: 1,
}
const USE = { name: 'home/a', bytes: 2, qos: 0 } as const
const BASIS = { nextSeq: 1, through: 0, head: ZERO_BYTES32 }
const CAPTURE = () => ({ windowMs: 60_000, isSealed: false })

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'flytrap-journal-'))
  path = join(dir, 'journal.sqlite')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const buildAll = (more: Partial<BuildOptions>): BuildOptions => {
  return { untoldSinceMs: undefined, maxRecords: 500, maxBatches: 8, heartbeat: false, basis: BASIS, nowMs: 0, ...more }
}

function entryAt(firstMs: number) {
  const { connectionId: _connection, evidence, ...access } = accessOf()
  return { kind: 'record', entry: { access, evidence, firstMs, lastMs: firstMs, count: 1 } } as const
}

/** Runs work that comes in slices to its end. */
function whole<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done === true) return value
  }
}

interface Stage {
  journal: Journal
  thread: JournalThread
  clock: { ms: number }
  /** Commits wait until it is called. */
  hold(): () => void
  /** Commits fail from now on, or do no longer. */
  break(isBroken: boolean): void
}

async function withJournal(work: (stage: Stage) => Promise<void>): Promise<void> {
  const thread = startJournalThread({ path, owner: OWNER, recorderKey: `0x${'11'.repeat(32)}` })
  await thread.call({ kind: 'open' })
  let gate: Promise<void> | undefined
  let isBroken = false
  const slow = {
    ...thread,
    async call(request: Parameters<JournalThread['call']>[0]) {
      if (request.kind === 'commit') await gate
      if (request.kind === 'commit' && isBroken) throw new Error('EIO')
      return thread.call(request)
    },
  } as JournalThread
  const clock = { ms: 1_000_000 }
  const options = {
    thread: slow,
    notBeforeMs: 0,
    capture: CAPTURE,
    hurry: () => {},
    maxUnanchoredMs: 1_000,
    log: silent,
  }
  const journal = new Journal({ ...options, clock: () => clock.ms })
  const hold = (): (() => void) => {
    let release = (): void => {}
    gate = new Promise((resolve) => {
      release = resolve
    })
    return release
  }
  const breakDisk = (now: boolean): void => {
    isBroken = now
  }
  try {
    await work({ journal, thread, clock, hold, break: breakDisk })
  } finally {
    isBroken = false
    await journal.stop()
    await thread.end()
  }
}

describe('the queue before the disk', () => {
  test('keeps the watermark below what is decided and not on disk yet, or a slow disk would convict the recorder', async () => {
    await withJournal(async ({ journal, thread, clock, hold }) => {
      await journal.record(accessOf())
      clock.ms = 1_005_900
      const release = hold()
      const late = journal.record(accessOf())
      clock.ms = 1_007_100
      const [nowMs, untoldSinceMs] = [journal.now(), journal.untoldSinceMs()]
      await thread.call({ kind: 'build', options: buildAll({ nowMs, untoldSinceMs }) })
      release()
      await late
      const [batch] = await thread.call({ kind: 'pending' })
      expect([batch?.count, batch?.through]).toEqual([1, 1_004])
      expect(journal.untoldSinceMs()).toBeUndefined()
    })
  })

  test('closes no window on disk before it opened it there, however many wait', async () => {
    await withJournal(async ({ journal, thread }) => {
      const opened = Array.from({ length: 700 }, (_, i) => journal.window(accessOf({ connectionId: i }), USE))
      journal.closeAll()
      const records = Array.from({ length: 300 }, () => journal.record(accessOf()))
      await Promise.all([...opened.map(({ durable }) => durable), ...records, journal.settled()])
      expect(await thread.call({ kind: 'depth' })).toMatchObject({ nextSeq: 1_001, unbatched: 1_000 })
    })
    // What was still open on disk would be recorded a second time now.
    const file = new JournalFile(path, OWNER)
    expect(file.nextSeq()).toBe(1_001)
    file.close()
  })

  test('lets nothing overtake a change of rules: each record names those under which it was decided', async () => {
    await withJournal(async ({ journal, thread }) => {
      const policy = accessOf({ action: Action.POLICY })
      await journal.setPolicy(policy, CAPTURE)
      const before = journal.window(accessOf(), USE)
      const changed = journal.setPolicy(policy, CAPTURE)
      const after = journal.record(accessOf())
      await Promise.all([before.durable, changed, after])
      await thread.call({ kind: 'build', options: buildAll({ nowMs: journal.now() }) })
      const [batch] = await thread.call({ kind: 'pending' })
      const evidence = await thread.call({ kind: 'evidence', batch: batch as BuiltBatch })
      expect(evidence.map(({ text }) => JSON.parse(text ?? '{}').policy)).toEqual([undefined, 1, undefined, 3])
    })
  })

  test('writes no earlier count of a window over a later one that somebody waited for', async () => {
    await withJournal(async ({ journal }) => {
      const window = journal.window(accessOf(), USE)
      await window.durable
      for (let i = 0; i < 20; i++) window.add(USE)
      await new Promise((resolve) => setTimeout(resolve, 1_050)) // the checkpoint of each second
      window.add(USE)
      await journal.checkpoint(window)
      for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, `${path}.killed${end}`)
      const file = new JournalFile(`${path}.killed`, OWNER) // closes what it finds open
      whole(new BatchFile(file).build(buildAll({ nowMs: journal.now() })))
      const [batch] = new BatchFile(file).pending()
      const [evidence] = whole(new BatchFile(file).evidenceOf(batch as BuiltBatch))
      file.close()
      expect(JSON.parse(evidence?.text ?? '{}').names).toEqual([{ name: 'home/a', count: 22 }])
    })
  })
})

describe('an open window', () => {
  test('counts no allowed access while nothing may be recorded, and denials still', async () => {
    await withJournal(async ({ journal }) => {
      const denied = accessOf({ outcome: Outcome.DENIED, denialReason: DenialReason.NO_GRANT })
      const windows = [journal.window(accessOf(), USE), journal.window(denied, USE)]
      await Promise.all(windows.map(({ durable }) => durable))
      journal.blockedBy = 'UNANCHORED_TOO_LONG'
      await expect(journal.window(accessOf(), USE).durable).rejects.toMatchObject({ code: 'UNANCHORED_TOO_LONG' })
      expect(journal.window(denied, USE)).toBe(windows[1])
      journal.blockedBy = undefined
      expect(journal.window(accessOf(), USE)).toBe(windows[0])
      expect((windows as OpenWindow[]).map((window) => window.state().count)).toEqual([2, 2])
    })
  })

  test('is written again where a checkpoint of it failed', async () => {
    await withJournal(async ({ journal, break: breakDisk }) => {
      const window = journal.window(accessOf(), USE) as OpenWindow
      await window.durable
      window.add(USE)
      breakDisk(true)
      await expect(journal.checkpoint(window)).rejects.toThrow('EIO')
      expect(window.isDirty).toBe(true)
      breakDisk(false)
      await expect.poll(() => [journal.unavailable(), window.isDirty], { timeout: 45_000 }).toEqual([undefined, false])
      breakDisk(true)
      window.add(USE)
      await expect.poll(() => journal.unavailable(), { timeout: 45_000 }).toBe('JOURNAL_WRITE_FAILED') // of itself
      expect(window.isDirty).toBe(true)
    })
  })
})

describe('a window whose opening failed', () => {
  test('leaves nothing on disk and in no record, whatever of it waited: nobody was let in', async () => {
    await withJournal(async ({ journal, thread, hold, break: breakDisk }) => {
      const release = hold()
      const [used, ended] = [1, 2].map((connectionId) => journal.window(accessOf({ connectionId }), USE))
      const refused = [used, ended].map((window) => expect(window?.durable).rejects.toThrow('EIO'))
      await new Promise((resolve) => setImmediate(resolve)) // both openings are on their way
      used?.add(USE)
      await new Promise((resolve) => setTimeout(resolve, 1_050)) // the checkpoint of each second
      journal.closeConnection(2)
      breakDisk(true)
      release()
      await Promise.all(refused)
      breakDisk(false)
      await journal.settled()
      expect(await thread.call({ kind: 'depth' })).toMatchObject({ nextSeq: 1, unbatched: 0, oldest: null })
    })
  })

  test('is neither opened by a checkpoint nor recorded by a close that was on its way already; its sequence goes to the next', () => {
    const file = new JournalFile(path, OWNER)
    const { entry } = entryAt(1_000_000)
    const late = [{ kind: 'checkpoint', window: 1, entry } as const, { kind: 'close', window: 1, entry } as const]
    const both = [{ kind: 'open', window: 2, entry } as const, { kind: 'close', window: 2, entry } as const]
    expect(file.commit(late)).toEqual([0, 0])
    expect(file.commit([late[0]!, ...both, entryAt(1_000_000)])).toEqual([0, 0, 1, 2])
    expect(file.sqlite.prepare('SELECT count(*) AS n FROM windows').get()).toEqual({ n: 0 })
    expect(file.recordsFrom(1, 9).map(({ seq }) => seq)).toEqual([1, 2])
    file.close()
  })
})

describe('a journal that is read through', () => {
  test('is not called damaged where the disk or the memory failed, though SQLite tells both in the same words', () => {
    const answer = (code: number) =>
      `*** in database main ***\nTree 2 page 252: unable to get the page. error code=${code}` // as SQLite told of EIO
    expect(() => isSound(answer(8_458))).toThrow(expect.objectContaining({ code: 'SQLITE_IOERR' }))
    expect(() => isSound(answer(7))).toThrow(expect.objectContaining({ code: 'SQLITE_NOMEM' }))
    expect([isSound(answer(11)), isSound('row 3 missing from index'), isSound('ok')]).toEqual([false, false, true])
  })

  test('tells by its code what kept it from being read', async () => {
    const missing = join(dir, 'not-there.sqlite')
    const worker = startWorker(new URL('../../records/journal/check-worker.ts', import.meta.url), missing)
    await expect(worker.call(undefined)).rejects.toThrow(/^SQLITE_CANTOPEN: /)
    await worker.end()
  })

  test('is condemned for damage alone: what kept it from being read is tried again', async () => {
    expect(() => checkAll(path)).toThrow(expect.objectContaining({ code: 'SQLITE_CANTOPEN' })) // it is not there
    new JournalFile(path, OWNER).close()
    checkAll(path)
    writeFileSync(path, 'no database')
    expect(() => checkAll(path)).toThrow(expect.objectContaining({ code: 'JOURNAL_DAMAGED' }))

    const journal = {
      isProven: false,
      isCondemned: false,
      condemn() {
        this.isCondemned = true
      },
    }
    const answers = [() => Promise.reject(new Error('EMFILE')), () => Promise.resolve(undefined)]
    readThrough({ find: () => answers.shift()!(), journal, log: silent, retryMs: 1 })
    await expect.poll(() => journal.isProven).toBe(true)
    expect(journal.isCondemned).toBe(false)
    readThrough({ find: async () => new Error('damaged'), journal, log: silent })
    await expect.poll(() => journal.isCondemned).toBe(true)
  })
})

describe('batches in the journal', () => {
  const commit = (file: JournalFile, count: number, fromMs = 1_000_000): void =>
    void file.commit(Array.from({ length: count }, (_, i) => entryAt(fromMs + i)))

  test('have the same bytes and trees, however many others were committed while they were built', () => {
    const [alone, busy] = [new JournalFile(path, OWNER), new JournalFile(`${path}.2`, OWNER)]
    commit(alone, 130)
    commit(busy, 130)
    whole(new BatchFile(alone).build(buildAll({ nowMs: 1_010_000 })))
    const slices = new BatchFile(busy).build(buildAll({ nowMs: 1_010_000 }))
    while (slices.next().done !== true) commit(busy, 3, 1_010_000)
    const [[one], [other]] = [new BatchFile(alone).pending(), new BatchFile(busy).pending()]
    expect([other?.count, other?.through, other?.builtAt]).toEqual([one?.count, one?.through, one?.builtAt])
    expect(new BatchFile(busy).bytesOf(other!)).toEqual(new BatchFile(alone).bytesOf(one!))
    // What closed meanwhile was decided after `builtAt`: it waits for the next one.
    expect(new BatchFile(busy).pending()).toHaveLength(1)
    for (const file of [alone, busy]) file.close()
  })

  test.each([
    ['in its midst', 13],
    ['at its end', 60],
  ])(
    'are neither built, sent nor copied where a record is lost %s: each later one would get the sequence before its own',
    (_where, seq) => {
      const file = new JournalFile(path, OWNER)
      const batchFile = new BatchFile(file)
      commit(file, 60)
      whole(batchFile.build(buildAll({ nowMs: 1_010_000 })))
      const [batch] = batchFile.pending()
      commit(file, 60)
      const lose = file.sqlite.prepare('DELETE FROM records WHERE seq = ?')
      for (const lost of [seq, 60 + seq]) lose.run(lost)
      const damage = expect.objectContaining({
        code: 'JOURNAL_DAMAGED',
        message: expect.stringContaining(`record ${seq}.`),
      })
      expect(() => batchFile.bytesOf(batch!)).toThrow(damage)
      expect(() => whole(batchFile.evidenceOf(batch!))).toThrow(damage)
      expect(() => whole(batchFile.build(buildAll({ nowMs: 1_020_000 })))).toThrow(`record ${60 + seq}.`)
      expect(batchFile.pending()).toEqual([batch])
      file.close()
    },
  )

  test('are forgotten whole, also when a kill cuts it off between two slices', () => {
    const file = new JournalFile(path, OWNER)
    const batchFile = new BatchFile(file)
    commit(file, 210)
    whole(batchFile.build(buildAll({ nowMs: 1_010_000, maxRecords: 200 })))
    const [first, second] = batchFile.pending()
    const forgetting = batchFile.forget([first!.id])
    forgetting.next()
    forgetting.next()
    file.close()
    const again = new JournalFile(path, OWNER)
    const left = new BatchFile(again)
    expect(left.pending()).toEqual([second])
    expect(again.sqlite.prepare('SELECT min(seq) AS first, count(*) AS n FROM records').get()).toEqual({
      first: 201,
      n: 10,
    })
    expect(again.remembered()).toMatchObject({ nextSeq: 201, head: first!.head })
    again.close()
  })

  test('that could not be copied are never forgotten with one that came after them', async () => {
    const batch = (id: number, copied: boolean) => ({ id, copied, block: 1 }) as BuiltBatch
    const asked: string[] = []
    const thread = { call: async ({ kind }: { kind: string }) => void asked.push(kind) } as unknown as JournalThread
    const node = { name: 'a node', request: async () => '0x10' } as never
    const sources = { node, witness: undefined, contract: OWNER.recorder, recorder: OWNER.recorder }
    const finality = { thread, confirmations: 1, isBlockSafe: () => true }
    await settle(finality, sources, [batch(1, false), batch(2, true)])
    expect(asked).toEqual([])
  })
})
