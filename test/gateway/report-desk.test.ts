import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { GatewayRecorder } from '../../gateway/recorder/port.ts'
import type { MakingPlace } from '../../gateway/reports/making.ts'
import { Queue } from '../../gateway/reports/queue.ts'
import type { RequestedReport } from '../../gateway/reports/report.ts'
import { openReportDesk } from '../../gateway/reports/report-desk.ts'
import type { Roles } from '../../gateway/sign-in/roles.ts'
import { RecordsError } from '../../records/port.ts'
import { openEvidenceStore } from '../../records/store/open-store.ts'
import type { StoredReport } from '../../records/store/port.ts'

test('what waited over a restart is made once, however often the store fails while it is taken up', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-desk-'))
  const store = await openEvidenceStore(join(dir, 'evidence.sqlite'))
  const question = { topicFilter: 'home', to: 1 }
  const left = (['QUEUED', 'RUNNING', 'QUEUED'] as const).map((status, i) => ({
    id: `${i}`.repeat(32),
    makerId: 7,
    requester: `0x${`${i}`.repeat(40)}` as const,
    requestedAt: i,
    status,
    details: JSON.stringify({ kind: 'TOPIC_ACCESS', question }),
  }))
  for (const report of left) await store.putReport(report)
  const begun: string[] = []
  let isBroken = true
  const putReport = async (report: StoredReport) => {
    if (isBroken) throw new RecordsError('STORE_UNREACHABLE', 'the disk is full')
    if (report.status === 'RUNNING') begun.push(report.id)
    return store.putReport(report)
  }
  const status = () => ({ isOpen: true, records: { recorderId: 7 } })
  const recorder = { store: { ...store, putReport }, status } as unknown as GatewayRecorder
  const place = { rpcUrl: 'http://127.0.0.1:1', evidencePath: dir, signerDir: dir } as MakingPlace
  // None of them is made here: it is enough that each is begun.
  const desk = openReportDesk({
    place,
    recorder,
    roles: {} as Roles,
    log: pino({ enabled: false }),
    limits: { timeMs: 1 },
  })
  onTestFinished(async () => {
    await desk.stop()
    store.close()
    rmSync(dir, { recursive: true })
  })
  const asker = { account: `0x${'a'.repeat(40)}`, address: undefined, wasAuditor: false } as const
  const ask = () => desk.request(asker, question)
  await expect(ask()).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
  isBroken = false
  const { id } = await ask()
  await vi.waitFor(async () => expect(await store.unfinishedReports(7)).toEqual([]), { timeout: 60_000 })
  expect(begun).toEqual([left[0]?.id, left[2]?.id, id])
}, 300_000)

describe('the queue', () => {
  const job = (i: number, wasAuditor = false, address = `10.0.0.${i}`) => ({
    asker: { account: `0x${String(i).padStart(40, '0')}` as const, address, wasAuditor },
    report: { id: `r${i}`, status: 'QUEUED' } as RequestedReport,
  })

  test('is short, keeps room for auditors, and takes them first: accounts cost nothing', () => {
    const queue = new Queue()
    const running = job(0)
    queue.add(running)
    running.report = { ...running.report, status: 'RUNNING' }
    for (let i = 1; i < 12; i++) queue.add(job(i))
    expect(() => queue.add(job(12))).toThrow(expect.objectContaining({ code: 'REPORTS_BUSY' }))
    expect([queue.find('r3')?.ahead, queue.find('r0')?.ahead, queue.find('none')]).toEqual([3, undefined, undefined])
    for (let i = 20; i < 24; i++) queue.add(job(i, true, '10.0.0.1'))
    expect(() => queue.add(job(24, true))).toThrow(expect.objectContaining({ code: 'REPORTS_BUSY' }))
    expect(['r20', 'r23', 'r1'].map((id) => queue.find(id)?.ahead)).toEqual([1, 4, 5])
    expect(queue.first()).toBe(running)
    queue.remove(running)
    expect(queue.first()?.report.id).toBe('r20')
  })
})
