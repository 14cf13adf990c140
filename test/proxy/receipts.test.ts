import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import type { IConnackPacket, IPubackPacket, ISubackPacket, Packet } from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { askChain } from '../../cli/receipt/gather.ts'
import { judgeByChain, judgeLeaf } from '../../cli/receipt/judge.ts'
import { fromHex, toHex } from '../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../domain/enums.ts'
import { inclusionProof } from '../../domain/merkle-tree.ts'
import { parseReceipt, RECEIPT_PROPERTY, RECEIPT_UNAVAILABLE, type SignedReceipt } from '../../domain/receipt.ts'
import type { Account } from '../support/chain.ts'
import { credentialOptions, startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { readHistory } from '../support/records.ts'

type Answer = IConnackPacket | ISubackPacket | IPubackPacket

let it: TestProxy
/** May publish and read all of `home/#`. */
let sensor: Account
let wallets = 0

beforeAll(async () => {
  it = await startTestProxy('aedes')
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await it.chain.call('registerTopic', ['home/#'])
  sensor = await newWallet()
})
afterAll(() => it.stop())

/** A budget of its own. */
async function newWallet(): Promise<Account> {
  const account = await it.chain.account()
  await it.chain.grant('home/#', account.address, 3)
  await viewCaughtUp(it)
  return account
}

interface Device {
  client: MqttClient
  answers: Answer[]
}

/** Connects an MQTT.js client that asks for receipts; all that answers it is kept. */
async function connect(account: Account, more: Partial<IClientOptions> = {}, asks = '1'): Promise<Device> {
  const properties = { ...more.properties, userProperties: { [RECEIPT_PROPERTY]: asks } }
  const options = credentialOptions(it, { account, clientId: `device-${++wallets}`, ...more, properties })
  const client = mqtt.connect(`mqtt://127.0.0.1:${it.proxy.port}`, options)
  const answers: Answer[] = []
  client.on('packetreceive', (packet: Packet) => {
    if (['connack', 'suback', 'puback', 'pubrec'].includes(packet.cmd)) answers.push(packet as Answer)
  })
  client.on('error', () => {})
  await new Promise<void>((resolve) => client.once('connect', () => resolve()).once('close', resolve))
  return { client, answers }
}

const receiptsIn = (answer: Answer | undefined): string[] => {
  const given = answer?.properties?.userProperties?.[RECEIPT_PROPERTY]
  return given === undefined ? [] : [given].flat()
}
const parsed = (text: string): SignedReceipt => {
  const receipt = parseReceipt(text)
  if (receipt === undefined) throw new Error(`no receipt: ${text}`)
  return receipt
}
const answersTo = ({ answers }: Device, ...cmds: string[]): Answer[] => answers.filter(({ cmd }) => cmds.includes(cmd))

/** What `flytrap receipt check` concludes, with the leaf as a gateway tells it from the same store. */
async function check(receipt: SignedReceipt) {
  const place = { rpc: it.chain.chain.rpc, deployment: it.deployment, deployBlock: 0 }
  const { signer, batch, record } = await askChain(place, receipt)
  const rows = batch && (await it.records.store.batch(receipt.recorderId, batch.firstSeq))
  const leaves = rows?.map(({ leaf }) => fromHex(leaf)) ?? []
  const told = batch && {
    leaf: rows?.[receipt.seq - batch.firstSeq]?.leaf ?? '0x',
    path: inclusionProof(leaves, receipt.seq - batch.firstSeq).map((node) => toHex(node)),
  }
  return { found: judgeByChain(receipt, signer, batch) ?? (batch && judgeLeaf(receipt, batch, told)), record }
}

describe('a device that asks for receipts', () => {
  test('gets one with CONNACK, SUBACK, PUBACK and PUBREC, each of a record that the chain then holds', async () => {
    const device = await connect(sensor)
    await device.client.subscribeAsync('home/a', { qos: 1 })
    await device.client.publishAsync('home/a', 'once', { qos: 1 })
    await device.client.publishAsync('home/a', 'twice', { qos: 2 })
    await device.client.endAsync()
    const texts = device.answers.flatMap(receiptsIn)
    expect(device.answers.map(({ cmd }) => cmd)).toEqual(['connack', 'suback', 'puback', 'pubrec'])
    expect(texts).toHaveLength(4)
    expect((await check({ ...parsed(texts[3]!), seq: 1_000_000 })).found).toBe('NOT_GENUINE')
    await it.records.flush()
    const checked = await Promise.all(texts.map((text) => check(parsed(text))))
    expect(checked.map(({ found }) => found)).toEqual(Array(4).fill('ANCHORED'))
    const actions = checked.map(({ record }) => [record?.action, record?.account])
    expect(actions).toEqual(
      [Action.CONNECT, Action.SUBSCRIBE, Action.PUBLISH, Action.PUBLISH].map((action) => [action, sensor.address]),
    )
  })

  test('gets them for denials too, one a filter in the order of the filters', async () => {
    const device = await connect(await newWallet())
    await device.client.publishAsync('elsewhere', 'x', { qos: 1 }).catch(() => {})
    await device.client.publishAsync('elsewhere', 'x', { qos: 2 }).catch(() => {})
    await device.client.subscribeAsync(['home/a', 'elsewhere', 'home/b']).catch(() => {})
    await device.client.subscribeAsync('elsewhere').catch(() => {})
    await device.client.endAsync()
    await it.records.flush()
    const found = await Promise.all(
      device.answers.map((answer) => Promise.all(receiptsIn(answer).map(parsed).map(check))),
    )
    const { ALLOWED, DENIED } = Outcome
    expect(found.map((one) => one.map(({ record }) => record?.outcome))).toEqual([
      [ALLOWED],
      [DENIED],
      [DENIED],
      [ALLOWED, DENIED, ALLOWED],
      [DENIED],
    ])
    expect(found.flat().map(({ found: verdict }) => verdict)).toEqual(Array(7).fill('ANCHORED'))
  })

  test('that proved itself and may not come in gets one with the refusal', async () => {
    const account = await newWallet()
    await it.chain.call('suspend', [account.address, Math.floor(Date.now() / 1_000) + 3_600])
    await viewCaughtUp(it)
    const { answers } = await connect(account)
    await it.records.flush()
    expect(answers).toMatchObject([{ cmd: 'connack', reasonCode: 0x87 }])
    const [text = ''] = receiptsIn(answers[0])
    const { found, record } = await check(parsed(text))
    expect([found, record?.denialReason]).toEqual(['ANCHORED', DenialReason.WALLET_SUSPENDED])
  })

  test('is told where there is none, in its place, and waits for no signer that is stuck', async () => {
    const account = await newWallet()
    const signing = vi.spyOn(it.records.journal, 'receipt')
    try {
      signing.mockImplementation(() => new Promise(() => {}))
      const device = await connect(account)
      signing.mockRejectedValueOnce(new Error('no key')).mockRejectedValueOnce(new Error('no key'))
      await device.client.subscribeAsync(['home/a', 'home/b'])
      await device.client.publishAsync('home/a', 'x', { qos: 1 })
      await device.client.endAsync()
      expect(device.answers.map(({ cmd }) => cmd)).toEqual(['connack', 'suback', 'puback'])
      expect(device.answers.flatMap(receiptsIn)).toEqual(Array(4).fill(RECEIPT_UNAVAILABLE))
    } finally {
      signing.mockRestore()
    }
  }, 20_000)

  test('has a record for each PUBLISH, until 60 an hour are used up: then windows again, and no receipt', async () => {
    const account = await newWallet()
    const device = await connect(account)
    for (let i = 0; i < 62; i++) await device.client.publishAsync('home/a', 'x', { qos: 1 })
    await device.client.endAsync()
    await it.records.flush()
    const { records } = await readHistory(it.chain, it.recorder)
    const mine = records.filter((record) => record.account === account.address && record.action === Action.PUBLISH)
    expect(mine.map(({ count }) => count)).toEqual([...Array(59).fill(1), 3])
    expect(answersTo(device, 'puback').map((answer) => receiptsIn(answer).length)).toEqual([
      ...Array(59).fill(1),
      ...Array(3).fill(0),
    ])
    const again = await connect(account)
    await again.client.endAsync()
    expect(again.answers.flatMap(receiptsIn)).toEqual([])
  })

  test('that takes no User Properties in acknowledgements, or none so large, gets none there [MQTT-3.1.2-29] [MQTT-3.4.2-3]', async () => {
    const shy = await connect(await newWallet(), { properties: { requestProblemInformation: false } })
    const small = await connect(await newWallet(), { properties: { maximumPacketSize: 100 } })
    for (const { client } of [shy, small]) {
      await client.publishAsync('home/a', 'x', { qos: 1 })
      await client.publishAsync('elsewhere', 'x', { qos: 1 }).catch(() => {})
      await client.subscribeAsync('home/a').catch(() => {})
      await client.endAsync()
    }
    expect(shy.answers.map((answer) => receiptsIn(answer).length)).toEqual([1, 0, 0, 0])
    expect(small.answers.map((answer) => receiptsIn(answer).length)).toEqual([0, 0, 0, 0])
  })
})

test('a device that does not ask gets none, and shares windows as ever', async () => {
  const account = await newWallet()
  const device = await connect(account, {}, '0')
  for (let i = 0; i < 3; i++) await device.client.publishAsync('home/a', 'x', { qos: 1 })
  await device.client.endAsync()
  await it.records.flush()
  expect(device.answers.flatMap(receiptsIn)).toEqual([])
  const { records } = await readHistory(it.chain, it.recorder)
  const mine = records.filter((record) => record.account === account.address && record.action === Action.PUBLISH)
  expect(mine).toMatchObject([{ count: 3 }])
})
