/** @module A home under traffic of real devices, whose `up` is killed: what they were told, and what is recorded of it. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import { makeCredential } from '../../cli/demo/device.ts'
import { openHome } from '../../cli/home/home.ts'
import { findKey } from '../../cli/home/keys.ts'
import { decodeResult, encodeCall } from '../../contracts/abi/calls.ts'
import { createRpc } from '../../contracts/rpc/json-rpc.ts'
import { callContract, createSender } from '../../contracts/rpc/transact.ts'
import { Action } from '../../domain/enums.ts'
import type { Finding } from '../../records/check/finding.ts'
import type { TestChain } from './chain.ts'
import { type Ended, newHome, removeHome, startUp, type Up } from './flytrap.ts'
import { readHistory, type TestRecorder } from './records.ts'

const TOPIC = 'home/meter'
export const DEVICES = 4
const CHAIN_ID = 31_337n

export interface LivingHome {
  /** Lets devices come and go until `until` resolves, and kills `up` under them. */
  live(until: () => Promise<unknown>): Promise<void>
  /** Starts it again. */
  start(): Promise<void>
  /** Flushes, and compares. */
  judge(): Promise<Judged>
  /** Runs a command on the home. */
  run(...args: string[]): Promise<Ended>
  end(): Promise<void>
}

export interface Judged {
  /** What devices were told to have happened. */
  accesses: number
  /** Subscriptions among it. */
  subscribed: number
  /** Told, and not recorded. */
  lost: string[]
  /** Recorded twice. */
  doubled: string[]
  findings: Finding[]
}

interface Told {
  connected: Set<string>
  subscribed: Set<string>
  published: Set<string>
}

export async function startLiving(): Promise<LivingHome> {
  const home = newHome()
  const told: Told = { connected: new Set(), subscribed: new Set(), published: new Set() }
  let up = await startUp(home)
  await up.json('wallet', 'new', 'meter')
  await up.json('topic', 'register', TOPIC, '--yes')
  await up.json('grant', TOPIC, 'meter', '--publish', '--subscribe', '--until', 'never', '--basis', 'contract')
  await untilSeen(up)
  let lives = 0
  return {
    async live(until) {
      const traffic = { stopped: false }
      const life = ++lives
      const devices = Array.from({ length: DEVICES }, (_, i) => live({ up, home, told }, `m${life}-${i}`, traffic))
      while (told.subscribed.size <= life * DEVICES) await sleep(20) // a kill with no traffic would show nothing
      await until()
      await up.kill()
      traffic.stopped = true
      await Promise.all(devices)
    },
    async start() {
      up = await startUp(home)
    },
    async judge() {
      await up.json('flush')
      const { code, stdout, stderr } = await up.run('check', '--json')
      if (code !== 0 && stdout === '') throw new Error(stderr)
      const lines = stdout.trim().split('\n')
      const findings = lines.flatMap((line) => (JSON.parse(line) as { finding?: Finding }).finding ?? [])
      return { ...compare(told, await history(up, home)), findings }
    },
    run: (...args) => up.run(...args),
    async end() {
      await up.interrupt()
      removeHome(home)
    },
  }
}

/** Until the proxy's view has the blocks that are there: devices that came before their grant would be banned for trying. */
async function untilSeen(up: Up): Promise<void> {
  const height = Number(await createRpc(up.ready.rpc).request<string>('eth_blockNumber'))
  for (;;) {
    const [status] = await up.json('status')
    if (status.view.block.number >= height) return
    await sleep(100)
  }
}

interface Living {
  up: Up
  home: string
  told: Told
}

/** Connects again and again, each time under a client id of its own, subscribes and publishes. */
async function live({ up, home, told }: Living, name: string, traffic: { stopped: boolean }): Promise<void> {
  const key = findKey(openHome(home), 'meter')
  if (key === undefined) throw new Error('no key')
  const deployment = { chainId: CHAIN_ID, contract: up.ready.contract }
  for (let i = 0; !traffic.stopped; i++) {
    const clientId = `${name}-${i}`
    const order = { deployment, wallet: key.address, signer: key.key, clientId, lifetime: 3_600 }
    const { password } = makeCredential(order)
    const options = { protocolVersion: 5, clientId, username: key.address, password, reconnectPeriod: 0 } as const
    const client = mqtt.connect(up.ready.mqtt, options)
    client.on('error', () => {})
    const gone = new Promise<'gone'>((resolve) => client.once('close', () => resolve('gone')))
    const happens = async (what: Promise<unknown>): Promise<boolean> =>
      (await Promise.race([what.catch(() => 'gone'), gone])) !== 'gone'
    const connected = new Promise((resolve) => client.once('connect', resolve))
    if (await happens(connected)) {
      told.connected.add(clientId)
      if (await happens(client.subscribeAsync(TOPIC, { qos: 1 }))) told.subscribed.add(clientId)
      for (let n = 1; n <= 5; n++)
        if (await happens(client.publishAsync(TOPIC, String(n), { qos: 1 }))) told.published.add(clientId)
    }
    client.end(true)
  }
}

/** Repeated accesses share a window; one that the crash cut says "at least". */
function compare(told: Told, { records, evidence }: Awaited<ReturnType<typeof history>>): Omit<Judged, 'findings'> {
  const counted = new Map<string, number>()
  for (const { seq, text } of evidence) {
    const record = records[seq - 1]
    if (record === undefined) continue
    const at = `${record.action} ${JSON.parse(text ?? '{}').clientId}`
    counted.set(at, (counted.get(at) ?? 0) + 1)
  }
  const times = (action: Action, clientId: string): number => counted.get(`${action} ${clientId}`) ?? 0
  const all: [Action, Set<string>][] = [
    [Action.CONNECT, told.connected],
    [Action.SUBSCRIBE, told.subscribed],
    [Action.PUBLISH, told.published],
  ]
  const found = all.flatMap(([action, ids]) => [...ids].map((id) => ({ id, action, times: times(action, id) })))
  return {
    accesses: found.length,
    subscribed: told.subscribed.size,
    lost: found.filter(({ times: n }) => n === 0).map(({ id }) => id),
    doubled: found.filter(({ action, times: n }) => action !== Action.PUBLISH && n > 1).map(({ id }) => id),
  }
}

async function history(up: Up, home: string) {
  const rpc = createRpc(up.ready.rpc)
  const recorder = findKey(openHome(home), 'recorder')
  if (recorder === undefined) throw new Error('no recorder')
  const address = up.ready.contract
  const read: TestChain['read'] = async (name, args) =>
    decodeResult(name, await callContract(rpc, { to: address, data: encodeCall(name, args) }))
  const chain = { chain: { rpc, chainId: CHAIN_ID }, contract: { address }, read } as unknown as TestChain
  const account = { ...recorder, sender: createSender(rpc, recorder.key) }
  const options = { evidencePath: join(home, 'evidence.sqlite') }
  return readHistory(chain, { account, options } as unknown as TestRecorder)
}
