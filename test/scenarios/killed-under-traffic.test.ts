/** SIGKILL at any instant: what a device was told to have happened is on chain, once, when the service is back. */
import { join } from 'node:path'
import mqtt from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCredential } from '../../cli/demo/device.ts'
import { openHome } from '../../cli/home/home.ts'
import { findKey } from '../../cli/home/keys.ts'
import { decodeResult, encodeCall } from '../../contracts/abi/calls.ts'
import { createRpc } from '../../contracts/rpc/json-rpc.ts'
import { callContract, createSender } from '../../contracts/rpc/transact.ts'
import { Action } from '../../domain/enums.ts'
import type { TestChain } from '../support/chain.ts'
import { newHome, removeHome, startUp, type Up } from '../support/flytrap.ts'
import { readHistory, type TestRecorder } from '../support/records.ts'

const TOPIC = 'home/meter'
const KILLS = 3
const DEVICES = 4

const home = newHome()
/** What the proxy has told a device to have happened, before the kill. */
const told = { connected: new Set<string>(), subscribed: new Set<string>(), published: new Map<string, number>() }

describe('a flytrap that is killed under traffic', () => {
  let up: Up

  beforeAll(async () => {
    up = await startUp(home)
    await up.json('wallet', 'new', 'meter')
    await up.json('topic', 'register', TOPIC, '--yes')
    await up.json('grant', TOPIC, 'meter', '--publish', '--subscribe', '--until', 'never', '--basis', 'contract')
  }, 90_000)
  afterAll(async () => {
    await up.interrupt()
    removeHome(home)
  })

  test('has lost nothing and doubled nothing when it is back, and serves again by itself', async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      const traffic = { stopped: false }
      const devices = Array.from({ length: DEVICES }, (_, i) => live(up, `meter-${kill}-${i}`, traffic))
      await new Promise((resolve) => setTimeout(resolve, 700 + Math.random() * 1_500))
      await up.kill()
      traffic.stopped = true
      await Promise.all(devices)
      up = await startUp(home)
    }
    await up.json('flush')
    expect(told.subscribed.size).toBeGreaterThan(KILLS * DEVICES)
    const { records, evidence } = await history(up)
    const recorded = (action: number, clientId: string): number[] =>
      evidence.flatMap(({ text, seq }) => {
        const record = records[seq - 1]
        const isIt = record?.action === action && JSON.parse(text ?? '{}').clientId === clientId
        return isIt ? [record.count] : []
      })
    for (const id of told.connected) expect([id, recorded(Action.CONNECT, id).length]).toEqual([id, 1])
    for (const id of told.subscribed) expect([id, recorded(Action.SUBSCRIBE, id).length]).toEqual([id, 1])
    // Repeated accesses share a window; one that the crash cut says "at least".
    for (const id of told.published.keys()) expect([id, recorded(Action.PUBLISH, id).length >= 1]).toEqual([id, true])
  }, 120_000)
})

/** Connects again and again, each time under a client id of its own, subscribes and publishes. */
async function live(up: Up, name: string, traffic: { stopped: boolean }): Promise<void> {
  const key = findKey(openHome(home), 'meter')
  if (key === undefined) throw new Error('no key')
  const deployment = { chainId: 31_337n, contract: up.ready.contract }
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
      for (let n = 1; n <= 5; n++) {
        if (await happens(client.publishAsync(TOPIC, String(n), { qos: 1 }))) told.published.set(clientId, n)
      }
    }
    client.end(true)
  }
}

async function history(up: Up) {
  const rpc = createRpc(up.ready.rpc)
  const recorder = findKey(openHome(home), 'recorder')
  if (recorder === undefined) throw new Error('no recorder')
  const address = up.ready.contract
  const read: TestChain['read'] = async (name, args) =>
    decodeResult(name, await callContract(rpc, { to: address, data: encodeCall(name, args) }))
  const chain = { chain: { rpc, chainId: 31_337n }, contract: { address }, read } as unknown as TestChain
  const account = { ...recorder, sender: createSender(rpc, recorder.key) }
  const options = { evidencePath: join(home, 'evidence.sqlite') }
  return readHistory(chain, { account, options } as unknown as TestRecorder)
}
