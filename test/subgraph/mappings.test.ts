import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeCall } from '../../contracts/abi/calls.ts'
import type { EventName } from '../../contracts/abi/events.ts'
import FLYTRAP from '../../contracts/abi/FlyTrap.json' with { type: 'json' }
import { type Hex, ZERO_ADDRESS, ZERO_BYTES32 } from '../../domain/bytes.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { openEngine } from '../../subgraph/engine/open-engine.ts'
import type { Engine, EntityRow } from '../../subgraph/engine/port.ts'
import { readSchema } from '../../subgraph/engine/schema.ts'
import { type Account, FOREVER, startTestChain, type TestChain } from '../support/chain.ts'
import { engineOptions } from '../support/gateway.ts'
import { blockTime, type RecordedChain, startRecorder } from '../support/recorded-chain.ts'

const SUBGRAPH = new URL('../../subgraph', import.meta.url).pathname
const HASH = `0x${'ab'.repeat(32)}` as const
const GWEI = 10n ** 9n
const WEI_BEYOND_64_BITS = 2n ** 90n

let it: TestChain
let guest: Account
let buyer: Account
let device: Account
let recorder: RecordedChain
let engine: Engine
let dir: string

/** Each event at least once, by real calls. */
beforeAll(async () => {
  it = await startTestChain()
  ;[guest, buyer, device] = [await it.account(), await it.account(), await it.account()]
  const [owner, until] = [it.owner.address, (await blockTime(it)) + 3_600]
  await it.call('setFees', [250, 5n, 3n])
  await it.call('giveTopic', ['home', owner])
  const [, registrationFee] = (await it.read('fees', [])) as bigint[]
  await pay('registerTopic', ['home/#'], registrationFee ?? 0n)
  const terms = { offers: 2, publishPrice: WEI_BEYOND_64_BITS, subscribePrice: GWEI, period: 86_400 }
  const rules = { countryRule: 2, countries: 2n ** 200n + 1n, isSealed: true }
  await it.call('setTerms', ['home/#', { ...terms, ...rules }])
  await pay('grant', ['home/#', device.address, 3, until, 1, HASH], 3n)
  await pay('purchase', ['home/#', 2, 0, HASH], GWEI, buyer)
  await pay('purchase', ['home/#', 2, 0, HASH], GWEI, buyer)
  await it.call('revoke', ['home/#', device.address, 2])
  await it.call('proposeTransfer', [topicIdOf('home'), buyer.address])
  await it.call('proposeTransfer', [topicIdOf('home'), guest.address])
  const [, proposal] = (await it.read('proposalOf', [topicIdOf('home')])) as [Hex, number]
  await it.call('acceptTransfer', [topicIdOf('home'), proposal], guest.sender)
  await it.call('proposeTransfer', [topicIdOf('home'), device.address], guest.sender)
  await it.call('withdraw', [owner])
  await it.call('authorizeDevice', [device.address, until], guest.sender)
  await it.call('authorizeDevice', [device.address, 0], guest.sender)
  await it.call('revokeCredential', [`0x${'cd'.repeat(16)}`], guest.sender)
  await it.call('suspend', [buyer.address, until])
  await it.call('setAuditor', [buyer.address, '', FOREVER])
  await it.call('setAuditor', [buyer.address, 'home', until], guest.sender)
  await it.call('setReportSigner', [HASH, 1, 2])
  recorder = await startRecorder(it, await it.account())
  await recorder.write([{ account: device.address, topicId: topicIdOf('home/#'), grantId: 2, span: 5, count: 9 }])
  await it.call('issueReport', [HASH, 3], recorder.account.sender)
  await it.call('retireRecorder', [recorder.account.address])
  await it.call('addRecorder', [device.address])
  await it.call('stopRecorder', [device.address])
  await it.call('announceSuccessor', [guest.address])
  await it.call('pause', [])
  await it.call('unpause', [])
  await it.call('transferOwnership', [guest.address])
  await it.call('acceptOwnership', [], guest.sender)
  await it.call('transferOwnership', [buyer.address], guest.sender)
  dir = mkdtempSync(join(it.dir, 'engine-'))
  engine = openEngine(engineOptions(it, join(dir, 'history.sqlite')))
  await engine.start()
})
afterAll(async () => {
  await engine?.stop()
  await it?.stop()
  rmSync(dir, { recursive: true, force: true })
})

const pay = async (name: string, args: readonly unknown[], value: bigint, as = it.owner): Promise<void> => {
  await as.sender.send({ to: it.contract.address, data: encodeCall(name, args), value })
}

/** Every entity of the type, oldest first. */
const all = (entity: string, orderBy = 'cursor'): EntityRow[] =>
  engine.query(entity, { orderBy, direction: 'asc', first: 100 })

describe('the mapping', () => {
  test('handles every event that the contract can emit, by its exact signature', () => {
    const manifest = readFileSync(join(SUBGRAPH, 'subgraph.yaml'), 'utf8')
    const handled = [...manifest.matchAll(/event: (.+)/g)].map(([, signature]) => signature)
    const declared = FLYTRAP.abi
      .filter((item) => item.type === 'event')
      .map(({ name, inputs = [] }) => {
        const types = inputs.map((input) => `${'indexed' in input && input.indexed ? 'indexed ' : ''}${input.type}`)
        return `${name}(${types.join(',')})`
      })
      // OpenZeppelin's EIP712 declares it for contracts whose domain can change; ours is immutable.
      .filter((signature) => signature !== 'EIP712DomainChanged()')
    expect(handled.toSorted()).toEqual(declared.toSorted())
    expect(engine.status()).toMatchObject({ failure: undefined, trouble: undefined })
  })

  test('describes every type and every field', () => {
    const schema = readFileSync(join(SUBGRAPH, 'schema.graphql'), 'utf8')
    const lines = schema.split('\n')
    const bare = lines.filter((line, i) => /^(type \w+|\s+\w+: )/.test(line) && !/^\s*"/.test(lines[i - 1] ?? ''))
    expect(bare).toEqual([])
    expect(readSchema(schema).size).toBeGreaterThan(25)
  })

  test('tells what happened apart from what is: history is never rewritten, and stands in chain order', () => {
    const mutable = ['Topic', 'Wallet', 'Grant', 'GrantSlot', 'Recorder', 'DeviceKey', 'Auditor', 'Contract']
    const schema = readSchema(readFileSync(join(SUBGRAPH, 'schema.graphql'), 'utf8'))
    for (const { name, isImmutable, fields } of schema.values()) {
      expect([name, isImmutable]).toEqual([name, ![...mutable, 'ReportSigner'].includes(name)])
      if (isImmutable && name !== 'RecorderAccount') expect([name, fields.has('cursor')]).toEqual([name, true])
    }
    const [change] = all('TermsChange')
    expect(change?.cursor).toBe(((change?.block as bigint) << 32n) | 0n)
  })
})

const topicOf = (filter: string) => all('Topic').find((topic) => topic.filter === filter)
const TESTS: { [N in EventName]?: () => void } = {
  TopicRegistered() {
    expect(topicOf('home')).toMatchObject({ id: topicIdOf('home'), registeredBy: it.owner.address })
    expect(topicOf('home/#')).toMatchObject({ since: 0n, registeredBy: it.owner.address })
    expect(topicOf('home/#')).not.toHaveProperty('owner')
    expect(topicOf('home')).toMatchObject({ termsSetAt: 0n, sealed: false, countryRule: 'ANYWHERE', countries: 0n })
  },
  TermsSet() {
    const terms = {
      sellsPublish: false,
      sellsSubscribe: true,
      publishPrice: WEI_BEYOND_64_BITS,
      subscribePrice: GWEI,
      period: 86_400n,
      countryRule: 'ALL_BUT',
      countries: 2n ** 200n + 1n,
      sealed: true,
    }
    expect(all('TermsChange')).toMatchObject([{ topic: topicIdOf('home/#'), setAt: 1n, ...terms }])
    expect(topicOf('home/#')).toMatchObject({ termsSetAt: 1n, ...terms })
  },
  TransferProposed() {
    const [guests, devices] = [guest.address, device.address]
    expect(all('TransferProposal').map(({ to }) => to)).toEqual([buyer.address, guests, devices])
    expect(topicOf('home')).toMatchObject({ proposedTo: devices, proposal: all('TransferProposal').at(-1)?.number })
  },
  TopicTransferred() {
    const [transfer] = all('TopicTransfer')
    expect(transfer).toMatchObject({ topic: topicIdOf('home'), from: it.owner.address, to: guest.address })
    expect(topicOf('home')).toMatchObject({ owner: guest.address, since: transfer?.since })
  },
  GrantIssued() {
    const grants = all('Grant').filter(({ bought }) => bought === false)
    const common = { topic: topicIdOf('home/#'), grantee: device.address, grantor: it.owner.address, purpose: HASH }
    expect(grants).toMatchObject([
      { ...common, right: 'PUBLISH', lawfulBasis: 'CONSENT' },
      { ...common, right: 'SUBSCRIBE', lawfulBasis: 'CONSENT' },
    ])
    expect(grants[0]).not.toHaveProperty('price')
  },
  RightBought() {
    const bought = all('Grant').filter((grant) => grant.bought)
    const common = { grantee: buyer.address, grantor: it.owner.address, lawfulBasis: 'CONTRACT', price: GWEI }
    expect(bought).toMatchObject([
      { ...common, period: 86_400n, endedBy: buyer.address },
      { ...common, until: (bought[0]?.until as bigint) + 86_400n },
    ])
    expect(bought[1]).not.toHaveProperty('endedAt')
  },
  GrantEnded() {
    const kinds = all('GrantEvent').map(({ kind, sender }) => [kind, sender])
    const [owner, buys] = [it.owner.address, ['BOUGHT', buyer.address]]
    expect(kinds).toEqual([['ISSUED', owner], ['ISSUED', owner], buys, buys, ['ENDED', owner]])
    expect(all('Grant').find(({ number }) => number === 2n)).toMatchObject({ right: 'SUBSCRIBE', endedBy: owner })
  },
  Credited() {
    const owner = it.owner.address
    const payments = all('Payment').map(({ account, income, amount }) => [account, income, amount])
    const sold = [owner, 'SALE', (GWEI * 975n) / 1_000n]
    const shared = [owner, 'SHARE', (GWEI * 25n) / 1_000n]
    expect(payments).toEqual([[owner, 'FEE', 5n], [owner, 'FEE', 3n], shared, sold, shared, sold])
    expect(all('Payment')[2]).toMatchObject({ topic: topicIdOf('home/#') })
  },
  Withdrawn() {
    const amount = 2n * GWEI + 8n
    expect(all('Withdrawal')).toMatchObject([{ account: it.owner.address, to: it.owner.address, amount }])
    const wallet = all('Wallet', 'id').find(({ id }) => id === it.owner.address)
    expect(wallet).toMatchObject({ credited: amount, withdrawn: amount })
  },
  DeviceAuthorized() {
    const [first, second] = all('DeviceKeyChange')
    expect(all('DeviceKey')).toMatchObject([
      { owner: guest.address, device: device.address, until: 0n, authorizedAt: first?.at, cursor: second?.cursor },
    ])
    expect(second).toMatchObject({ key: `${guest.address}${device.address.slice(2)}`, until: 0n })
  },
  CredentialRevoked() {
    expect(all('CredentialRevocation')).toMatchObject([{ wallet: guest.address, credential: `0x${'cd'.repeat(16)}` }])
  },
  AccountSuspended() {
    const [suspension] = all('Suspension')
    expect(suspension).toMatchObject({ account: buyer.address })
    const wallet = all('Wallet', 'id').find(({ id }) => id === buyer.address)
    expect(wallet).toMatchObject({ suspendedUntil: suspension?.until })
  },
  AuditorSet() {
    const account = buyer.address
    expect(all('Auditor')).toMatchObject([
      { account, topicId: ZERO_BYTES32, until: BigInt(FOREVER), appointedBy: it.owner.address },
      { account, topicId: topicIdOf('home'), appointedBy: guest.address },
    ])
    expect(all('AuditorChange').map(({ auditor }) => auditor)).toEqual(all('Auditor').map(({ id }) => id))
  },
  FeesSet() {
    const fees = { share: 250n, registrationFee: 5n, publishFee: 3n }
    expect(all('FeesChange')).toMatchObject([fees])
    expect(all('Contract', 'id')).toMatchObject([{ id: it.contract.address, ...fees }])
  },
  SuccessorAnnounced() {
    expect(all('SuccessorAnnouncement')).toMatchObject([{ successor: guest.address }])
    expect(all('Contract', 'id')).toMatchObject([{ successor: guest.address }])
  },
  OwnershipTransferStarted() {
    expect(all('OwnershipChange').at(-1)).toMatchObject({ kind: 'OFFERED', from: guest.address, to: buyer.address })
    expect(all('Contract', 'id')).toMatchObject([{ pendingOwner: buyer.address }])
  },
  OwnershipTransferred() {
    const accepted = all('OwnershipChange').filter(({ kind }) => kind === 'ACCEPTED')
    expect(accepted.map(({ from, to }) => [from, to])).toEqual([
      [ZERO_ADDRESS, it.owner.address],
      [it.owner.address, guest.address],
    ])
    expect(all('Contract', 'id')).toMatchObject([{ owner: guest.address }])
  },
  Paused() {
    expect(all('PauseChange')[0]).toMatchObject({ paused: true, sender: it.owner.address })
  },
  Unpaused() {
    expect(all('PauseChange')[1]).toMatchObject({ paused: false, sender: it.owner.address })
    expect(all('Contract', 'id')).toMatchObject([{ paused: false }])
  },
  RecorderAdded() {
    const [first, second] = all('Recorder', 'number')
    expect([first?.address, second?.address]).toEqual([recorder.account.address, device.address])
    expect(second).toMatchObject({ number: 2n, nextSequence: 1n, through: second?.addedAt, builtAt: second?.addedAt })
  },
  RecorderRetired() {
    expect(all('Recorder', 'number')[0]).toMatchObject({ state: 'RETIRED', nextSequence: 2n })
    const retired = all('RecorderEvent').find(({ kind }) => kind === 'RETIRED')
    expect(retired).toMatchObject({ recorder: '0x00000001', nextSequence: 2n, head: all('Batch')[0]?.head })
  },
  RecorderStopped() {
    expect(all('Recorder', 'number')[1]).toMatchObject({ state: 'STOPPED' })
    expect(all('RecorderEvent').map(({ kind }) => kind)).toEqual(['ADDED', 'RETIRED', 'ADDED', 'STOPPED'])
  },
  Access() {
    const [record] = all('AccessRecord')
    expect(record).toMatchObject({
      id: '0x000000010000000000000001',
      action: 'PUBLISH',
      outcome: 'ALLOWED',
      denialReason: 'NONE',
      account: device.address,
      topicId: topicIdOf('home/#'),
      grantNumber: 2n,
      count: 9n,
      sealed: false,
      lastAt: (record?.firstAt as bigint) + 5n,
    })
  },
  Batch() {
    const [batch] = all('Batch')
    expect(batch).toMatchObject({ recorder: '0x00000001', firstSequence: 1n, count: 1n })
    const { head, through, builtAt } = batch ?? {}
    expect(all('Recorder', 'number')[0]).toMatchObject({ head, through, builtAt })
  },
  ReportSignerSet() {
    expect(all('ReportSigner', 'id')).toMatchObject([{ id: HASH, from: 1n, until: 2n }])
    expect(all('ReportSignerChange')).toMatchObject([{ signer: HASH, from: 1n, until: 2n }])
  },
  ReportIssued() {
    const issuer = recorder.account.address
    expect(all('ReportIssue')).toMatchObject([{ reportHash: HASH, kind: 'BREACH_SCOPE', issuer }])
  },
}

describe('each event is history and state', () => {
  for (const [name, check] of Object.entries(TESTS)) test(name, check)
})
