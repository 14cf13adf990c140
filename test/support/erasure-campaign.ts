/**
 * @module One data subject erased among many records, and then looked for in every byte of the home: a short run in
 * `npm test`, 100,000 records by `npm run fuzz -- erasure`.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { type Address, fromHex, toHex } from '../../domain/bytes.ts'
import { Action } from '../../domain/enums.ts'
import { inclusionProof, merkleRoot, verifyInclusion } from '../../domain/merkle-tree.ts'
import type { ErasureCertificate } from '../../records/erasure/order.ts'
import type { Records } from '../../records/port.ts'
import type { StoredEvidence } from '../../records/store/port.ts'
import type { TestChain } from './chain.ts'
import { accessOf, addTestRecorder, readHistory, type TestRecorder } from './records.ts'

export interface CampaignOptions {
  total: number
  /** How many of them are the subject's. */
  ofSubject: number
  /** Another evidence store than the recorder's own file, and how to read every byte of it. */
  elsewhere?: { url: string; bytes: () => Promise<Buffer[]>; log?: () => Promise<Buffer[]> }
  say?: (what: string) => void
}

export interface CampaignResult {
  certificate: ErasureCertificate
  /** Places of the subject's text and salts, before and after: file and what was found there. */
  before: string[]
  after: string[]
  /** How many of them its database's log still has, which is the operator's to turn over. */
  inLog: number
  /** Records of others that still have text and salt, proven by leaf and root. */
  othersProven: number
  /** Inclusion proofs that were checked one by one, of the subject's leaves too. */
  proofs: number
  eraseMs: number
}

const SUBJECT: Address = `0x${'a1'.repeat(20)}`
const OTHER: Address = `0x${'b0'.repeat(20)}`
const AT_ONCE = 2_000
const FLUSH_MS = 600_000

export async function eraseOneAmong(it: TestChain, options: CampaignOptions): Promise<CampaignResult> {
  const { total, ofSubject, elsewhere, say = () => {} } = options
  const recorder = await addTestRecorder(it)
  const place = elsewhere === undefined ? {} : { evidencePath: elsewhere.url }
  const pace = { anchorEveryMs: 600_000, batchMax: 1_500, minimumRetentionMs: 0 }
  const records = await recorder.open({ ...place, ...pace })
  const marker = randomBytes(12).toString('hex')
  const bytes = async (): Promise<Buffer[]> => [...filesOf(recorder.dir), ...((await elsewhere?.bytes()) ?? [])]
  try {
    // Most is final, some waits in the journal, one access is still going on.
    const early = Math.floor(total * 0.9)
    await fill(records, { from: 0, to: early, every: Math.floor(total / ofSubject), marker, say })
    await records.flush(FLUSH_MS)
    say('final')
    await fill(records, { from: early, to: total, every: Math.floor(total / ofSubject), marker, say })
    const window = records.journal.window(accessFor(SUBJECT, marker, 'window'), { name: marker, bytes: 1, qos: 0 })
    await window.durable
    const needles = [Buffer.from(marker), ...saltsOf(recorder, marker), ...(await storedSalts(records, marker, total))]
    const before = find(await bytes(), needles)

    const startedAt = performance.now()
    const { erasure } = await records.erase({ ground: 'subject', account: SUBJECT })
    const eraseMs = performance.now() - startedAt
    say(`erased in ${Math.round(eraseMs)} ms`)
    const after = find(await bytes(), needles)
    await records.flush(FLUSH_MS)
    after.push(...find(await bytes(), needles))
    const certificate = (await records.certificates()).find((one) => one.erasure.id === erasure.id)
    if (certificate === undefined) throw new Error('no certificate')
    const { batches, evidence } = await readHistory(it, recorder, { mayBeErased: true, ...place })
    const inLog = find((await elsewhere?.log?.()) ?? [], needles).length
    return { certificate, before, after, inLog, eraseMs, ...prove(batches, evidence) }
  } finally {
    await records.stop()
  }
}

const accessFor = (account: Address, marker: string, clientId: string) =>
  accessOf({
    action: Action.SUBSCRIBE,
    account,
    evidence: { clientId: `${clientId}-${marker}`, address: '198.51.100.7', names: [{ name: marker, count: 1 }] },
  })

interface Filling {
  from: number
  to: number
  every: number
  marker: string
  say: (what: string) => void
}

async function fill({ journal }: Records, { from, to, every, marker, say }: Filling): Promise<void> {
  for (let done = from; done < to; done += AT_ONCE) {
    const next = Array.from({ length: Math.min(AT_ONCE, to - done) }, (_, i) => done + i)
    await Promise.all(
      next.map((n) =>
        journal.record(n % every === 0 ? accessFor(SUBJECT, marker, `s${n}`) : accessFor(OTHER, 'others', `o${n}`)),
      ),
    )
    if (done % 20_000 === 0) say(`${done} of ${to} recorded`)
  }
}

/** Salts of the subject's records that the journal still holds. */
function saltsOf({ options }: TestRecorder, marker: string): Buffer[] {
  const file = new Database(options.journalPath, { readonly: true })
  const rows = file.prepare('SELECT salt FROM records WHERE evidence LIKE ?').all(`%${marker}%`) as { salt: Buffer }[]
  file.close()
  return rows.map(({ salt }) => salt)
}

async function storedSalts({ store, status }: Records, marker: string, total: number): Promise<Buffer[]> {
  const salts: Buffer[] = []
  const { recorderId } = status()
  for (let seq = 1; seq <= total; ) {
    const one = await store.one(recorderId, seq)
    const rows = one === undefined ? undefined : await store.batch(recorderId, one.batchFirstSeq)
    if (one === undefined || rows === undefined) break
    for (const { text, salt } of rows)
      if (text?.includes(marker) && salt !== undefined) salts.push(Buffer.from(fromHex(salt)))
    seq = one.batchFirstSeq + one.batchCount
  }
  return salts
}

/** Every file of the home, those that no database names too. */
const filesOf = (dir: string): Buffer[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)))

/** Salts stand as bytes, and in JSON or SQL as hex. */
function find(files: readonly Buffer[], needles: readonly Buffer[]): string[] {
  return files.flatMap((file, i) =>
    needles
      .filter((needle) => file.includes(needle) || file.includes(needle.toString('hex')))
      .map((needle) => `file ${i}: ${toHex(needle).slice(0, 18)}`),
  )
}

/** `readHistory` has proven each leaf that has its text, every root and the heads; here the paths that a reader is given. */
function prove(
  batches: Awaited<ReturnType<typeof readHistory>>['batches'],
  evidence: readonly StoredEvidence[],
): Pick<CampaignResult, 'othersProven' | 'proofs'> {
  let proofs = 0
  for (const { firstSeq, count, evidenceRoot } of batches.filter((batch) => batch.count > 0)) {
    const leaves = evidence.slice(Number(firstSeq) - 1, Number(firstSeq) - 1 + count).map(({ leaf }) => fromHex(leaf))
    if (toHex(merkleRoot(leaves)) !== evidenceRoot) throw new Error(`the root of batch ${firstSeq} is another`)
    for (const index of new Set([0, count >> 1, count - 1])) {
      const path = inclusionProof(leaves, index)
      const proof = { leaf: leaves[index]!, index, size: count, path, root: fromHex(evidenceRoot) }
      if (!verifyInclusion(proof)) throw new Error(`sequence ${Number(firstSeq) + index} is not proven`)
      proofs++
    }
  }
  const open = evidence.filter(({ text, salt }) => text !== undefined && salt !== undefined)
  return { othersProven: open.filter(({ text }) => text?.includes('others')).length, proofs }
}
