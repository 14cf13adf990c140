import { afterAll, beforeAll, expect, test } from 'vitest'
import { ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action } from '../../domain/enums.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import type { Account } from '../support/chain.ts'
import { connectDevice, startTestProxy, type TestProxy, viewCaughtUp } from '../support/mqtt.ts'
import { readHistory } from '../support/records.ts'

let it: TestProxy
let sensor: Account
const terms = (isSealed: boolean) => [0, 0, 0, 0, 0, 0, isSealed]

beforeAll(async () => {
  it = await startTestProxy('aedes')
  sensor = await it.chain.account()
  for (const name of ['home', 'open']) {
    await it.chain.call('giveTopic', [name, it.chain.owner.address])
    await it.chain.grant(name, sensor.address, 1)
  }
  await viewCaughtUp(it)
})
afterAll(() => it.stop())

test('a topic that its owner seals shows on chain only that something happened, at once, in windows that are open too', async () => {
  const client = await connectDevice(it, { account: sensor, clientId: 'sensor' })
  const publish = async (): Promise<void> => {
    for (const topic of ['home', 'open', 'home']) await client.publishAsync(topic, '1', { qos: 1 })
  }
  await publish()
  await it.chain.call('setTerms', ['home', terms(true)])
  await viewCaughtUp(it)
  await publish()
  await client.endAsync()
  await connectDevice(it, { account: sensor, clientId: 'again' }).then((other) => other.endAsync())
  await it.records.flush()

  const { records, batches, evidence } = await readHistory(it.chain, it.recorder)
  const sealed = records.filter((record) => record.sealed)
  expect(sealed).toHaveLength(2)
  for (const record of sealed) {
    const batch = batches.find(({ firstSeq, count }) => record.seq >= firstSeq && record.seq < firstSeq + BigInt(count))
    const nothing = {
      action: 0,
      account: ZERO_ADDRESS,
      topicId: ZERO_BYTES32,
      grantId: 0,
      denialReason: 0,
      span: 0,
      count: 1,
    }
    expect(record).toMatchObject({ ...nothing, firstAt: batch?.builtAt })
  }
  const told = sealed.map(({ seq }) => JSON.parse(evidence[Number(seq) - 1]?.text ?? '{}'))
  // A window that was closed rides along with what somebody waits for: either may be first.
  told.sort((a, b) => a.sealed.action - b.sealed.action)
  expect(told.map((one) => [one.sealed.action, one.sealed.account, one.sealed.topicId, one.sealed.count])).toEqual([
    [Action.CONNECT, sensor.address, ZERO_BYTES32, 1],
    [Action.PUBLISH, sensor.address, topicIdOf('home'), 2],
  ])
  const open = records.filter(({ action }) => action === Action.PUBLISH)
  expect(open.map(({ topicId, count }) => [topicId, count])).toEqual(
    expect.arrayContaining([
      [topicIdOf('home'), 2],
      [topicIdOf('open'), 1],
      [topicIdOf('open'), 1],
    ]),
  )
})
