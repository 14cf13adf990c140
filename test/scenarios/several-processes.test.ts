/** Two proxies of one `flytrap up`, on one port: each records in a sequence of its own, and nobody notices which serves. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCredential } from '../../cli/demo/device.ts'
import { openHome } from '../../cli/home/home.ts'
import { findKey } from '../../cli/home/keys.ts'
import type { ProxyStatus } from '../../cli/up/all-units.ts'
import { askUp } from '../../cli/up/control.ts'
import { createRpc } from '../../contracts/rpc/json-rpc.ts'
import { readEvents } from '../../contracts/rpc/logs.ts'
import { Action } from '../../domain/enums.ts'
import { unpackAccess } from '../../domain/packed.ts'
import { newHome, removeHome, startUp, type Up } from '../support/flytrap.ts'

/** All in one process: once in 2^19. */
const DEVICES = 20
const home = newHome()
let up: Up
let devices: MqttClient[] = []
let said = ''

beforeAll(async () => {
  up = await startUp(home, { FLYTRAP_PROXIES: '2' })
  up.child.stderr?.on('data', (chunk) => {
    said += chunk
  })
}, 300_000)
afterAll(async () => {
  for (const device of devices) device.end(true)
  removeHome(home)
})

const ask = <T>(what: string): Promise<T> => askUp<T>(openHome(home), what)
const proxies = async (): Promise<ProxyStatus[]> => (await ask<{ proxies: ProxyStatus[] }>('status')).proxies
const connected = async () => (await proxies()).map(({ status }) => status?.connections ?? 0)

async function connect(clientId: string, more: IClientOptions = {}): Promise<MqttClient> {
  const key = findKey(openHome(home), 'owner')
  if (key === undefined) throw new Error('no owner key')
  const deployment = { chainId: 31_337n, contract: up.ready.contract }
  const order = { deployment, wallet: key.address, signer: key.key, clientId, lifetime: 3_600 }
  const { password } = makeCredential(order)
  const options = { protocolVersion: 5, reconnectPeriod: 0, clientId, username: key.address, password } as const
  return mqtt.connectAsync(up.ready.mqtt, { ...options, ...more }, false)
}

async function connectAll(): Promise<void> {
  devices = await Promise.all(Array.from({ length: DEVICES }, (_, i) => connect(`device-${i}`)))
  for (const device of devices) device.on('error', () => {})
}

/** How many records of this action stand in each recorder's sequence. */
async function recorded(wanted: number): Promise<Map<number, number>> {
  const counts = new Map<number, number>()
  const rpc = createRpc(up.ready.rpc)
  const toBlock = Number(await rpc.request<string>('eth_blockNumber', []))
  const range = { address: up.ready.contract, fromBlock: 0, toBlock, names: ['Access'] as const }
  for await (const events of readEvents(rpc, range))
    for (const { name, args } of events) {
      if (name !== 'Access') continue
      const { action, recorderId } = unpackAccess(args.account, args.topicId, args.packed)
      if (action === wanted) counts.set(recorderId, (counts.get(recorderId) ?? 0) + 1)
    }
  return counts
}

test('devices are shared among the processes, and each records its own in its own sequence', async () => {
  await connectAll()
  const [one = 0, two = 0] = await connected()
  expect(Math.min(one, two)).toBeGreaterThan(0)
  expect(one + two).toBe(DEVICES)
  await ask('flush')
  const counts = await recorded(Action.CONNECT)
  expect([counts.get(1), counts.get(2)]).toEqual([one, two])
})

test('a device that comes back on another process takes over its own session', async () => {
  const before = devices.map((device) => new Promise((resolve) => device.once('close', () => resolve('closed'))))
  await connectAll()
  expect(new Set(await Promise.all(before))).toEqual(new Set(['closed']))
  await expect.poll(async () => (await connected()).reduce((a, b) => a + b)).toBe(DEVICES)
})

test('an erasure reaches what processes keep of sessions in files of the home, whichever serves them', async () => {
  await up.json('topic', 'register', 'cellar', '--yes')
  const keptFiles = (): Buffer =>
    Buffer.concat(
      readdirSync(home).flatMap((name) => (name.startsWith('kept-') ? [readFileSync(join(home, name))] : [])),
    )
  const kept = await Promise.all(
    [0, 1, 2, 3].map((i) => connect(`kept-${i}`, { clean: false, properties: { sessionExpiryInterval: 3_600 } })),
  )
  for (const device of kept) {
    device.on('error', () => {})
    const joined = (): Promise<boolean> => device.subscribeAsync('$share/group/cellar/light').then(Boolean, () => false)
    await expect.poll(joined, { timeout: 45_000 }).toBe(true) // once its proxy has seen the topic
  }
  expect(keptFiles().includes('cellar/light')).toBe(true)
  await up.json('erase', '--account', 'owner', '--yes')
  await expect.poll(() => keptFiles().includes('cellar/light'), { timeout: 45_000 }).toBe(false)
  for (const device of kept) await device.endAsync()
  expect(keptFiles().includes('cellar/light')).toBe(false)
})

test('a reload puts the rules in force in every process, each with its POLICY record', async () => {
  const path = join(home, 'flytrap.yaml')
  writeFileSync(path, readFileSync(path, 'utf8').replace('connectTimeout: 10s', 'connectTimeout: 9s'))
  const before = (await proxies()).map(({ status }) => status?.records.policySeq ?? 0)
  await ask('rules-reload')
  const after = (await proxies()).map(({ status }) => status?.records.policySeq ?? 0)
  for (const [i, seq] of after.entries()) expect(seq).toBeGreaterThan(before[i]!)
})

test('a process that is killed is started again and told of, and its sequence goes on', async () => {
  const [, second] = await proxies()
  process.kill(second?.pid ?? 0, 'SIGKILL')
  await expect.poll(async () => (await proxies())[1]?.restarts, { timeout: 20_000, interval: 100 }).toBe(1)
  await expect.poll(async () => (await proxies())[1]?.status, { timeout: 20_000, interval: 100 }).not.toBeNull()
  expect(said).toContain('Proxy 2 ended by itself with SIGKILL. It is started again')
  const before = await recorded(Action.CONNECT)
  await connectAll()
  expect(Math.min(...(await connected()))).toBeGreaterThan(0)
  await ask('flush')
  const after = await recorded(Action.CONNECT)
  expect((after.get(2) ?? 0) - (before.get(2) ?? 0)).toBeGreaterThan(0)
  const [first, again] = await proxies()
  expect([first?.status?.records.recorderId, again?.status?.records.recorderId]).toEqual([1, 2])
}, 300_000)

test('SIGTERM tells every device and ends every process', async () => {
  const reasons = devices.map(
    (device) => new Promise<number | undefined>((resolve) => device.once('disconnect', (p) => resolve(p.reasonCode))),
  )
  const pids = (await proxies()).map(({ pid }) => pid ?? 0)
  const exited = new Promise((resolve) => up.child.once('exit', resolve))
  up.child.kill('SIGTERM')
  expect(new Set(await Promise.all(reasons))).toEqual(new Set([0x8b]))
  expect(await exited).toBe(0)
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
}, 30_000)
