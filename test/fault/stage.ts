/** @module The stage of a fault: a chain, a node before it, one recorder's process under traffic, and what its clients saw. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { startDevChain } from '../../contracts/devchain/start-dev-chain.ts'
import { checkRecords } from '../../records/check/check.ts'
import type { Finding } from '../../records/check/finding.ts'
import type { CrashPoint } from '../../records/crash-points.ts'
import { silent, type TestChain } from '../support/chain.ts'
import { type LimitedNode, startLimitedNode } from '../support/limited-node.ts'
import { addTestRecorder, readHistory, type TestRecorder } from '../support/records.ts'
import { Account } from './account.ts'
import { buildInterposer, type Interposer } from './interpose.ts'
import type { RecorderOrder } from './recorder-process.ts'

const SCRIPT = join(import.meta.dirname, 'recorder-process.ts')
const EVERY_MS = 8
const BROKEN_MS = 1_000
/** Longer than this, and it does not heal by itself. */
const HEAL_MS = 180_000

export interface StageOptions {
  /** Whose disk and clock can be broken. */
  interposed?: boolean
  confirmations?: number
  /** How long what breaks stays broken. */
  brokenMs?: number
  /** How long from one access to the next. */
  everyMs?: number
  /** Two nodes before the chain, so that one may lie. */
  witnessed?: boolean
}

export class Stage {
  readonly it: TestChain
  readonly account = new Account()
  /** What a fault began and must not outlive the stage. */
  readonly whenClosed: (() => void)[] = []
  readonly #options: StageOptions
  readonly #recorder: TestRecorder
  readonly #nodes: LimitedNode[]
  readonly #scratch = mkdtempSync(join(tmpdir(), 'flytrap-fault-'))
  readonly interposer: Interposer | undefined
  readonly #dumpedFile = join(this.#scratch, 'dumped')
  readonly #dumpTimer: NodeJS.Timeout
  #child: ChildProcess | undefined
  #exited: Promise<unknown> = Promise.resolve()
  #runs = 0
  #lines: ((line: string) => void)[] = []

  private constructor(it: TestChain, recorder: TestRecorder, nodes: LimitedNode[], options: StageOptions) {
    this.it = it
    this.#recorder = recorder
    this.#nodes = nodes
    this.#options = options
    this.interposer = options.interposed === true ? buildInterposer(recorder.dir, this.#scratch) : undefined
    this.#noteDump()
    this.#dumpTimer = setInterval(() => this.#noteDump(), 50)
  }

  /** Many stages may share a chain: each has a recorder of its own. */
  static async open(it: TestChain, options: StageOptions = {}): Promise<Stage> {
    const urls = options.witnessed === true ? [it.chain.url, it.chain.url] : [it.chain.url]
    const nodes = await Promise.all(urls.map((url) => startLimitedNode(url, { logBlocks: 10_000 })))
    const recorder = await addTestRecorder(it)
    // A recorder serves once its registration is final.
    if (options.confirmations !== undefined) await it.chain.rpc.request('anvil_mine', [options.confirmations])
    return new Stage(it, recorder, nodes, options)
  }

  get brokenMs(): number {
    return this.#options.brokenMs ?? BROKEN_MS
  }

  /** The node that is asked first. */
  get node(): LimitedNode {
    return this.#nodes[0] as LimitedNode
  }

  /** Resolves when it has begun to serve; `crashAt`: when it has ended itself there. */
  async start(crashAt?: { point: CrashPoint; nth: number }): Promise<void> {
    const { journalPath, evidencePath, deployment, recorderKey, anchorEveryMs } = this.#recorder.options
    const order: RecorderOrder = {
      options: {
        ...{ journalPath, evidencePath, recorderKey },
        deployment: { contract: deployment.contract, chainId: deployment.chainId.toString() },
        rpcUrl: this.#nodes.map(({ url }) => url).join(','),
        confirmations: this.#options.confirmations ?? 1,
        anchorEveryMs: anchorEveryMs ?? 100,
        stuckAfterMs: 2_000,
        heartbeatMs: 1_000,
      },
      run: `r${++this.#runs}`,
      everyMs: this.#options.everyMs ?? EVERY_MS,
      dumpedFile: this.#dumpedFile,
      logFile: join(this.#scratch, 'recorder.log'),
      ...(crashAt === undefined ? {} : { crashAt }),
    }
    const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'flytrap-fault-cache'), ...this.interposer?.env }
    const child = spawn(process.execPath, [SCRIPT, JSON.stringify(order)], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child = child
    // Not before all that it told has been heard.
    const heard = new Promise((resolve) =>
      createInterface({ input: child.stdout })
        .on('line', (l) => this.#hear(l))
        .on('close', resolve),
    )
    this.#exited = Promise.all([new Promise((resolve) => child.once('exit', resolve)), heard])
    child.stdin.on('error', () => {}) // it was killed: what was asked of it is asked of the next one
    if (crashAt === undefined) await this.#line('ready')
    else await within(this.#exited, HEAL_MS, `${crashAt.point} was not passed`)
  }

  kill(): Promise<unknown> {
    this.#child?.kill('SIGKILL')
    return this.#exited
  }

  /** Ends it well; all is final. */
  async end(): Promise<void> {
    await this.untilFinal()
    const ended = this.#line('ended')
    this.#child?.stdin?.write('end\n')
    await ended
    await this.#exited
  }

  /** Resolves when an access is let through, with how many seconds from now. */
  async untilServing(): Promise<number> {
    const startedAt = performance.now()
    const { allowed } = this.account
    while (this.account.allowed === allowed) {
      if (performance.now() - startedAt > HEAL_MS)
        throw new Error(`nothing is let through after ${HEAL_MS} ms: ${this.words()}`)
      await sleep(5)
    }
    return seconds(startedAt)
  }

  /** Resolves when all that was let through so far is final. The recorder's patience may end before ours. */
  async untilFinal(): Promise<number> {
    const startedAt = performance.now()
    for (;;) {
      const answer = this.#line('flushed', 'unflushed')
      this.#child?.stdin?.write('flush\n')
      const line = await answer
      if (line === 'flushed') return seconds(startedAt)
      if (performance.now() - startedAt > HEAL_MS)
        throw new Error(`not final after ${HEAL_MS} ms: ${line} ${this.words()}`)
    }
  }

  /** What the recorder logged last. */
  words(): string {
    try {
      return readFileSync(join(this.#scratch, 'recorder.log'), 'utf8').trim().split('\n').slice(-5).join('\n')
    } catch {
      return 'it logged nothing'
    }
  }

  /** Kills the chain's process; it comes back with its last dump, on the same port. */
  async restartChain(downMs: number): Promise<void> {
    const { chain, dir } = this.it
    process.kill(Number(readFileSync(join(dir, 'anvil.pid'), 'utf8')), 'SIGKILL')
    await chain.stop()
    await sleep(downMs)
    this.it.chain = await startDevChain({ dir, port: chain.port, log: silent })
  }

  /** What is wrong, told by `flytrap check` and by what clients saw. */
  async judge() {
    const { deployment, journalPath, evidencePath } = this.#recorder.options
    const findings: Finding[] = []
    const walk = checkRecords({
      ...{ rpc: this.it.chain.rpc, deployment, deployBlock: 0, journals: [journalPath], evidence: evidencePath },
      ...{ maxUnanchoredMs: 86_400_000, now: Math.floor(Date.now() / 1_000) },
    })
    for await (const finding of walk) if (finding.recorder === this.#recorder.account.address) findings.push(finding)
    const history = await readHistory(this.it, this.#recorder)
    return { findings, records: history.records.length, ...this.account.judge(history) }
  }

  async close(): Promise<void> {
    await this.kill()
    clearInterval(this.#dumpTimer)
    for (const end of this.whenClosed) end()
    this.interposer?.close()
    for (const node of this.#nodes) await node.stop()
    for (const dir of [this.#scratch, this.#recorder.dir]) rmSync(dir, { recursive: true, force: true })
  }

  #noteDump(): void {
    writeFileSync(this.#dumpedFile, String(this.it.chain.dumpedThrough()))
  }

  #hear(line: string): void {
    this.account.hear(line)
    for (const listener of this.#lines) listener(line)
  }

  /** Resolves with the next line that begins so. */
  #line(...words: string[]): Promise<string> {
    const heard = new Promise<string>((resolve) => {
      const listener = (line: string): void => {
        if (!words.some((word) => line.startsWith(word))) return
        this.#lines = this.#lines.filter((one) => one !== listener)
        resolve(line)
      }
      this.#lines.push(listener)
    })
    return within(heard, HEAL_MS + 20_000, `it did not say ${words.join(' or ')}`)
  }
}

const seconds = (since: number): number => Math.round(performance.now() - since) / 1_000

async function within<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  const late = new AbortController()
  const timeout = sleep(ms, undefined, { signal: late.signal }).then(() => Promise.reject(new Error(what)))
  timeout.catch(() => {})
  try {
    return await Promise.race([work, timeout])
  } finally {
    late.abort()
  }
}
