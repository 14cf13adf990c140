/**
 * @module Everything that is compared, up at once: Mosquitto and a sink, and before each of them nginx, HAProxy and a
 * FlyTrap with a real chain, contract, grants, credentials and journal.
 */
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import secp256k1 from 'secp256k1'
import { fromHex, toHex } from '../../../domain/bytes.ts'
import { encodeCredential } from '../../../domain/login-bytes.ts'
import { credentialDigest, type Deployment } from '../../../domain/typed-data.ts'
import { type Account, freePort, startTestChain, type TestChain } from '../../support/chain.ts'
import { addTestRecorder } from '../../support/records.ts'
import type { ProcessOptions } from './flytrap-process.ts'
import {
  compileTools,
  configOfHaproxy,
  configOfNginx,
  findProgram,
  type Started,
  start,
  untilListening,
} from './machine.ts'

const run = promisify(execFile)

export const KINDS = ['direct', 'nginx', 'haproxy', 'flytrap', 'flytrap, no rest'] as const
export type Kind = (typeof KINDS)[number]
export type Upstream = 'mosquitto' | 'sink'

const LOGIN = { userName: 'bench', password: 'bench-password' }
/** What an honest load test needs raised, and the benchmark says so. */
const LIMITS = {
  connections: 50_000,
  connectionsPerAddress: 20_000,
  unauthenticated: 20_000,
  unauthenticatedPerAddress: 20_000,
  publishPerSecond: 1e9,
  packetsPerSecond: 1e9,
}

export interface Stage {
  dir: string
  /** Runs the load generator. Resolves with the numbers that it prints. */
  load(kind: Kind, upstream: Upstream, args: string): Promise<number[]>
  /** The load generator in the background, for what is held. */
  startLoad(kind: Kind, upstream: Upstream, args: string): Started
  /** Of the proxy in the middle; none of a direct connection. */
  pid(kind: Kind, upstream: Upstream): number | undefined
  stop(): Promise<void>
}

export interface StageOptions {
  logins: number
  kinds: readonly Kind[]
  upstreams: readonly Upstream[]
}

export async function setStage({ logins, kinds, upstreams }: StageOptions): Promise<Stage> {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-bench-'))
  const tools = await compileTools(dir)
  const started: Started[] = []
  const keep = (one: Started): Started => {
    started.push(one)
    return one
  }
  const ports = {
    mosquitto: await startMosquitto(dir, keep),
    sink: Number(await keep(start(tools.sink, [])).firstLine),
  }
  const places = new Map<string, { port: number; pid: number }>()
  for (const kind of ['nginx', 'haproxy'] as const) {
    if (!kinds.includes(kind)) continue
    const front = await Promise.all(upstreams.map(async (to) => ({ name: to, port: await freePort(), to: ports[to] })))
    const { pid } = keep(startForwarder(kind, dir, front))
    for (const { name, port } of front) {
      await untilListening(port)
      places.set(`${kind}>${name}`, { port, pid })
    }
  }
  const chain = await startTestChain()
  await chain.call('giveTopic', ['bench', chain.owner.address])
  for (const kind of kinds) {
    for (const upstream of upstreams) {
      if (kind !== 'flytrap' && kind !== 'flytrap, no rest') continue
      const one = keep(await startFlyTrap(chain, { port: ports[upstream], restUnderLoad: kind === 'flytrap' }))
      places.set(`${kind}>${upstream}`, { port: Number(await one.firstLine), pid: one.pid })
    }
  }
  const files = writeLogins(dir, chain, logins)
  const portOf = (kind: Kind, upstream: Upstream): number =>
    kind === 'direct' ? ports[upstream] : (places.get(`${kind}>${upstream}`)?.port ?? 0)
  const argsOf = (kind: Kind, upstream: Upstream, args: string): string[] => {
    const file = kind.startsWith('flytrap') ? files.wallets : files.broker
    return [...args.split(' '), '-p', String(portOf(kind, upstream)), '-l', file]
  }
  return {
    dir,
    async load(kind, upstream, args) {
      const { stdout } = await run(tools.load, argsOf(kind, upstream, args))
      return stdout.trim().split(' ').map(Number)
    },
    startLoad: (kind, upstream, args) => keep(start(tools.load, argsOf(kind, upstream, args))),
    pid: (kind, upstream) => places.get(`${kind}>${upstream}`)?.pid,
    async stop() {
      await Promise.all(started.toReversed().map((one) => one.stop()))
      await chain.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function startMosquitto(dir: string, keep: (one: Started) => Started): Promise<number> {
  const port = await freePort()
  const passwords = join(dir, 'passwords')
  writeFileSync(passwords, `${LOGIN.userName}:${LOGIN.password}\n`, { mode: 0o600 })
  execFileSync('mosquitto_passwd', ['-U', passwords])
  const config = join(dir, 'mosquitto.conf')
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous false', `password_file ${passwords}`]
  const pace = ['persistence false', 'max_queued_messages 0', 'max_inflight_messages 0', 'set_tcp_nodelay true']
  const own = process.getuid?.() === 0 ? ['user root'] : []
  writeFileSync(config, [...lines, ...pace, 'log_type none', ...own, ''].join('\n'))
  keep(start(findProgram('mosquitto') ?? 'mosquitto', ['-c', config]))
  await untilListening(port)
  return port
}

function startForwarder(
  kind: 'nginx' | 'haproxy',
  dir: string,
  front: readonly { port: number; to: number }[],
): Started {
  const config = join(dir, `${kind}.conf`)
  writeFileSync(config, kind === 'nginx' ? configOfNginx(dir, front) : configOfHaproxy(front))
  const args = kind === 'nginx' ? ['-e', 'stderr', '-c', config] : ['-db', '-f', config]
  return start(findProgram(kind) ?? kind, args)
}

async function startFlyTrap(chain: TestChain, to: { port: number; restUnderLoad: boolean }): Promise<Started> {
  const recorder = await addTestRecorder(chain)
  const { log: _log, ...records } = recorder.options
  const deployment = { ...records.deployment, deployBlock: chain.contract.deployBlock }
  const options: ProcessOptions = {
    records: { ...records, anchorEveryMs: 10_000 },
    proxy: {
      listen: [{ host: '127.0.0.1', port: 0 }],
      broker: { host: '127.0.0.1', port: to.port, tls: false, ...LOGIN },
      deployment,
      rpcUrl: records.rpcUrl,
      confirmations: 1,
      viewSnapshotPath: join(recorder.dir, 'view.json'),
      audiences: ['localhost'],
      limits: LIMITS,
      restUnderLoad: to.restUnderLoad,
    },
  }
  const flags = process.env.FLYTRAP_BENCH_FLAGS?.split(' ') ?? []
  const args = ['--expose-gc', ...flags, join(import.meta.dirname, 'flytrap-process.ts')]
  return start(process.execPath, args, {
    FLYTRAP_BENCH: JSON.stringify(options, (_, value) => (typeof value === 'bigint' ? { wei: `${value}` } : value)),
  })
}

function writeLogins(dir: string, { owner, chain, contract }: TestChain, count: number) {
  const deployment = { chainId: chain.chainId, contract: contract.address }
  const ids = Array.from({ length: count }, (_, i) => `bench-${i}`)
  const [wallets, broker] = [join(dir, 'wallets'), join(dir, 'broker-logins')]
  writeFileSync(wallets, ids.map((id) => `${id} ${owner.address} ${credential(deployment, owner, id)}\n`).join(''))
  writeFileSync(broker, ids.map((id) => `${id} ${LOGIN.userName} ${LOGIN.password}\n`).join(''))
  return { wallets, broker }
}

/** As `flytrap device credential` makes it; the native library signs ten thousand in a second. */
function credential(deployment: Deployment, { address: wallet, key }: Account, clientId: string): string {
  const now = Math.floor(Date.now() / 1_000)
  const id = toHex(crypto.getRandomValues(new Uint8Array(16)))
  const facts = { wallet, clientId, notBefore: now - 300, expiresAt: now + 3_600, id }
  const { signature, recid } = secp256k1.ecdsaSign(credentialDigest(deployment, facts), fromHex(key))
  return encodeCredential(facts, toHex(Uint8Array.from([...signature, recid + 27])))
}
