/** Traps of identity: who may come in, as whom, and whose session it is. */

import { readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import mqtt, { type MqttClient } from 'mqtt'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keccak256, toHex } from '../../../domain/bytes.ts'
import { Action, DenialReason, Outcome } from '../../../domain/enums.ts'
import { encodeCredential } from '../../../domain/login-bytes.ts'
import { AUTHENTICATION_METHOD, credentialDigest } from '../../../domain/typed-data.ts'
import { FailedLogins } from '../../../proxy/identity/failed-logins.ts'
import type { Account } from '../../support/chain.ts'
import { clientCertificate, type ServerFiles, serverFiles } from '../../support/listener.ts'
import {
  connectBySignature,
  connectDevice,
  credentialPassword,
  inbox,
  pause,
  signDigest,
  type TestProxy,
  viewCaughtUp,
} from '../../support/mqtt.ts'
import {
  answerChallenge,
  askChallenge,
  connectRaw,
  RawDevice,
  type RawOptions,
  sendAuth,
} from '../../support/raw-device.ts'
import { readHistory } from '../../support/records.ts'
import type { ScriptedSession } from '../../support/scripted-broker.ts'
import { publish, startTrapStage, type TrapStage } from '../../support/trap-stage.ts'
import { startTwoProxies, type TwoProxies } from '../../support/two-proxies.ts'

let both: TwoProxies
let it: TestProxy
let other: TestProxy
let owner: Account
let thief: Account
let files: ServerFiles
const logged: string[] = []
const clients: MqttClient[] = []

beforeAll(async () => {
  files = serverFiles()
  const listening = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk))
      done()
    },
  })
  both = await startTwoProxies({
    log: pino({ level: 'trace' }, listening),
    listen: [
      { host: '127.0.0.1', port: 0 },
      { kind: 'mqtts', host: '127.0.0.1', port: 0, certificate: files },
    ],
  })
  ;[it, other] = [both.first, both.second]
  ;[owner, thief] = [await it.chain.account(), await it.chain.account()]
  await it.chain.call('giveTopic', ['home', it.chain.owner.address])
  await it.chain.call('registerTopic', ['home/#'])
  for (const account of [owner, thief]) {
    await it.chain.grant('home/#', account.address, 1)
    await it.chain.grant('home/#', account.address, 2)
  }
  await Promise.all([viewCaughtUp(it), viewCaughtUp(other)])
})
afterAll(async () => {
  for (const client of clients) client.end(true)
  await both.stop()
  files.remove()
})

async function device(at: TestProxy, options: Parameters<typeof connectDevice>[1]): Promise<MqttClient> {
  const client = await connectDevice(at, options)
  client.on('error', () => {})
  clients.push(client)
  return client
}

const connackOf = async (raw: RawDevice): Promise<number | 'closed'> => {
  const code = await raw.connack()
  raw.end()
  return code
}

describe('the session of one wallet', () => {
  const long = { clean: false, properties: { sessionExpiryInterval: 600 } }

  test('is neither taken over nor disturbed by another wallet with the same client id, on any proxy, in either version [MQTT-3.1.4-2] [MQTT-3.1.4-3]', async () => {
    const victim = await device(it, { account: owner, clientId: 'same' })
    const heard = inbox(victim)
    await victim.subscribeAsync('home/same')
    const thieves = [
      await device(it, { account: thief, clientId: 'same', protocolVersion: 4 }),
      await device(other, { account: thief, clientId: 'same' }),
    ]
    await thieves[1]!.publishAsync('home/same', 'still here', { qos: 1 })
    await expect.poll(() => heard).toEqual(['home/same still here'])
    expect(victim.connected).toBe(true)
  })

  test('is not inherited by a later wallet: no queue, no subscription [MQTT-3.1.2-5]', async () => {
    const first = await device(it, { account: owner, clientId: 'later', ...long })
    await first.subscribeAsync('home/later', { qos: 1 })
    await first.endAsync()
    const second = await device(other, { account: thief, clientId: 'later', ...long })
    const heard = inbox(second)
    await second.publishAsync('home/later', 'for the owner', { qos: 1 })
    await pause(150)
    expect(heard).toEqual([])

    // The same wallet, on the other proxy, finds all of it.
    const heardByOwner: string[] = []
    const options = { account: owner, clientId: 'later', ...long }
    const again = mqtt.connect(`mqtt://127.0.0.1:${other.proxy.port}`, {
      ...{ protocolVersion: 5, reconnectPeriod: 0, ...long },
      clientId: 'later',
      username: owner.address,
      password: credentialPassword(it.deployment, options),
    })
    clients.push(again)
    again.on('message', (topic, payload) => heardByOwner.push(`${topic} ${payload}`))
    const present = await new Promise((resolve) =>
      again.once('connect', ({ sessionPresent }) => resolve(sessionPresent)),
    )
    expect(present).toBe(true)
    await expect.poll(() => heardByOwner).toEqual(['home/later for the owner'])
  })

  test('is taken over by the same wallet on another proxy [MQTT-3.1.4-3]', async () => {
    const old = await device(it, { account: owner, clientId: 'moves' })
    const fresh = await device(other, { account: owner, clientId: 'moves' })
    await expect.poll(() => old.connected).toBe(false)
    expect(fresh.connected).toBe(true)
  })
})

describe('two CONNECTs of one client at the same time', () => {
  let stage: TrapStage
  beforeAll(async () => {
    stage = await startTrapStage()
  })
  afterAll(() => stage.stop())

  test('reach the broker one after the other, so that the later one stays, and not neither [MQTT-3.1.4-3]', async () => {
    const asked: ScriptedSession[] = []
    stage.broker.greets = ({ clientId }) => !clientId.endsWith('.twice')
    const raws = [1, 2].map(() => connectRaw(stage.it, { account: stage.sensor, clientId: 'twice' }))
    const meetBroker = async () => {
      await expect.poll(async () => asked.at(-1) !== (await stage.broker.session('twice'))).toBe(true)
      asked.push(await stage.broker.session('twice'))
    }
    await meetBroker()
    await expect.poll(() => stage.broker.dialled.length).toBeGreaterThanOrEqual(2)
    await pause(200)
    expect(await stage.broker.session('twice')).toBe(asked[0])
    const welcome = { cmd: 'connack', sessionPresent: false, returnCode: 0, reasonCode: 0 } as const
    asked[0]?.send(welcome)
    const greeted = raws.map(async (raw) => ({ raw, code: await raw.connack() }))
    const first = await Promise.race(greeted)
    expect(first.code).toBe(0)
    await meetBroker()
    asked[0]?.socket.destroy() // as a broker does that lets the second one in
    asked[1]?.send(welcome)
    expect(await first.raw.disconnect()).toBe(0x8e)
    const [second] = (await Promise.all(greeted)).filter((one) => one !== first)
    expect(second?.code).toBe(0)
    second?.raw.send({ cmd: 'pingreq' })
    expect((await second?.raw.take('pingresp'))?.cmd).toBe('pingresp')
    second?.raw.end()
  })

  test('leave the second one in service where the first one is refused', async () => {
    stage.broker.greets = ({ clientId }) => !clientId.endsWith('.again')
    const raws = [1, 2].map(() => connectRaw(stage.it, { account: stage.sensor, clientId: 'again' }))
    const refused = await stage.broker.session('again')
    stage.broker.greets = () => true
    refused.send({ cmd: 'connack', sessionPresent: false, returnCode: 0, reasonCode: 0x95 })
    const codes = await Promise.all(raws.map((raw) => raw.connack()))
    expect(codes.sort()).toEqual([0, 0x95])
  })
})

describe('an empty client id', () => {
  const signIn = async (): Promise<string | undefined> => {
    const raw = askChallenge(it, { account: owner, clientId: '' })
    await answerChallenge(it, raw, { account: owner, clientId: '' })
    const connack = await raw.take('connack')
    raw.end()
    expect(connack?.reasonCode).toBe(0)
    return connack?.properties?.assignedClientIdentifier
  }

  test('gets one from the proxy, unique and reported, when the device signs in [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16]', async () => {
    const [a, b] = [await signIn(), await signIn()]
    expect(a).toMatch(/^ft-[0-9a-f]{20}$/)
    expect(b).toMatch(/^ft-/)
    expect(a).not.toBe(b)
  })

  test('cannot come with a credential, which was made for one [MQTT-3.1.3-8]', async () => {
    expect(await connackOf(connectRaw(it, { account: owner, clientId: '' }))).toBe(0x85)
    const old = { account: owner, clientId: '', version: 4 } as const
    expect(await connackOf(connectRaw(it, old))).toBe(2)
    // The library refuses to write this one: CONNECT of 3.1.1, no flags but user name and password, an empty id.
    const raw = new RawDevice(it.proxy.port, 4)
    raw.send(Buffer.from('101400044d51545404c0003c0000000161000362 6364'.replaceAll(' ', ''), 'hex'))
    expect(await connackOf(raw)).toBe(2)
  })

  test('is as good as one too long for a broker behind the wallet’s prefix: refused with a code of its own', async () => {
    expect(await connackOf(connectRaw(it, { account: owner, clientId: 'x'.repeat(257) }))).toBe(0x85)
    expect(await connackOf(connectRaw(it, { account: owner, clientId: 'x'.repeat(256) }))).toBe(0)
  })
})

describe('a credential', () => {
  const id = toHex(new Uint8Array(16))
  const [notBefore, expiresAt] = [1_700_000_000, 1_700_000_000 + 90 * 86_400]
  const now = Math.floor(Date.now() / 1_000)
  const fresh = () => ({ wallet: owner.address, clientId: 'mine', notBefore: now, expiresAt: now + 60, id })
  const changed = (change: (bytes: Buffer) => void): string => {
    const credential = fresh()
    const signature = signDigest(owner.key, credentialDigest(it.deployment, credential))
    const bytes = Buffer.from(encodeCredential(credential, signature).slice(4), 'base64url')
    change(bytes)
    return `ft1.${bytes.toString('base64url')}`
  }
  /** s becomes the group's order minus s, and v the other one: the same signer, the mirrored signature. */
  const mirror = (bytes: Buffer): void => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const s = BigInt(`0x${bytes.subarray(64, 96).toString('hex')}`)
    Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex').copy(bytes, 64)
    bytes[96] = bytes[96] === 27 ? 28 : 27
  }

  test.each<[string, () => string]>([
    ['for another client id', () => credentialPassword(it.deployment, { account: owner, clientId: 'other' })],
    [
      'for another chain',
      () => credentialPassword({ ...it.deployment, chainId: 1n }, { account: owner, clientId: 'mine' }),
    ],
    [
      'for another contract',
      () => credentialPassword({ ...it.deployment, contract: thief.address }, { account: owner, clientId: 'mine' }),
    ],
    [
      'after its time',
      () => credentialPassword(it.deployment, { account: owner, clientId: 'mine', notBefore, expiresAt }),
    ],
    ['by somebody else', () => credentialPassword(it.deployment, { account: owner, signer: thief, clientId: 'mine' })],
    ['with a mirrored signature (high s)', () => changed(mirror)],
    ['with v 0 or 1', () => changed((bytes) => bytes.writeUInt8(bytes[96]! - 27, 96))],
    ['with r zero', () => changed((bytes) => bytes.fill(0, 32, 64))],
  ])('%s is refused like every other [EIP-2]', async (_, password) => {
    const refused = connectRaw(it, { account: owner, clientId: 'mine', connect: { password: Buffer.from(password()) } })
    expect(await connackOf(refused)).toBe(0x87)
  })

  test('that is refused looks alike in text, and its answer never comes at once', async () => {
    const passwords = [
      credentialPassword(it.deployment, { account: owner, signer: thief, clientId: 'mine' }),
      changed((bytes) => bytes.writeUInt8(0, 96)),
      credentialPassword(it.deployment, { account: owner, clientId: 'mine', notBefore, expiresAt }),
    ]
    const users = [owner.address, `0x${'12'.repeat(20)}`]
    for (const username of users) {
      for (const password of [...passwords, ...passwords]) {
        const startedAt = performance.now()
        const raw = connectRaw(it, {
          account: owner,
          clientId: 'mine',
          connect: { username, password: Buffer.from(password) },
        })
        const connack = await raw.take('connack')
        expect(connack).toMatchObject({ reasonCode: 0x87, sessionPresent: false })
        expect(connack?.properties ?? {}).toEqual({})
        expect(performance.now() - startedAt).toBeGreaterThan(45)
        raw.end()
      }
    }
  })

  test('that was refused and comes again costs no second look at its signature; a key that was authorized since counts', () => {
    const remembered = new FailedLogins()
    let recovered = 0
    const look = () => {
      recovered++
      return thief.address
    }
    expect(remembered.signer('login', look)).toBe(thief.address)
    remembered.remember('login', thief.address)
    for (let i = 0; i < 100; i++) expect(remembered.signer('login', look)).toBe(thief.address)
    expect(recovered).toBe(1)
    for (let i = 0; i < 5_000; i++) remembered.remember(`other ${i}`, undefined)
    expect(remembered.size).toBe(2_048)
  })

  test('that fails often does not disturb its wallet', async () => {
    const victim = await device(it, { account: owner, clientId: 'victim' })
    const tries = Array.from({ length: 15 }, () =>
      connackOf(connectRaw(it, { account: owner, signer: thief, clientId: 'guess' })),
    )
    expect(new Set(await Promise.all(tries))).toEqual(new Set([0x87]))
    await victim.publishAsync('home/victim', 'x', { qos: 1 })
    await device(it, { account: owner, clientId: 'victim-too' })
  })
})

describe('a challenge', () => {
  const mine: RawOptions = {
    get account() {
      return owner
    },
    clientId: 'signs',
  }

  test('whose answer is sent again, or belongs to a parallel one, is refused', async () => {
    const [one, two] = [askChallenge(it, mine), askChallenge(it, mine)]
    const answer = await answerChallenge(it, one, mine)
    expect(await one.connack()).toBe(0)
    await two.take('auth')
    sendAuth(two, 0x18, answer)
    expect(await two.connack()).toBe(0x87)
    // On the connection that it let in, the nonce is spent.
    sendAuth(one, 0x18, answer)
    expect(await one.disconnect()).toBe(0x82)
  })

  test.each<[string, object]>([
    ['for another client id', { clientId: 'another' }],
    ['for another wallet', { wallet: `0x${'34'.repeat(20)}` }],
    ['for another host name', { audience: 'evil.example' }],
    ['for another nonce', { nonce: `0x${'ab'.repeat(32)}` }],
    ['for a later end', { expiresAt: 2_000_000_000 }],
  ])('answered %s is refused', async (_, change) => {
    const raw = askChallenge(it, mine)
    await answerChallenge(it, raw, mine, change)
    expect(await connackOf(raw)).toBe(0x87)
  })

  test('of an unknown method is refused as such [MQTT-4.12.0-1]', async () => {
    const connect = { properties: { authenticationMethod: 'SCRAM-SHA-1' } }
    expect(await connackOf(connectRaw(it, { ...mine, connect }))).toBe(0x8c)
  })

  test('during which the method changes, or anything but AUTH comes, ends the connection [MQTT-4.12.0-5] [MQTT-3.1.2-30]', async () => {
    const changes = askChallenge(it, mine)
    await changes.take('auth')
    sendAuth(changes, 0x18, Buffer.from('x'), 'PLAIN')
    expect(await changes.connack()).toBe('closed')

    const hasty = askChallenge(it, mine)
    await hasty.take('auth')
    hasty.send({ cmd: 'publish', topic: 'home/a', payload: 'x', qos: 0, dup: false, retain: false })
    expect(await hasty.connack()).toBe('closed')

    const leaves = askChallenge(it, mine)
    await leaves.take('auth')
    leaves.send({ cmd: 'disconnect', reasonCode: 0 })
    await leaves.closed
  })

  test('names its method in the CONNACK, and the broker hears nothing of it [MQTT-4.12.0-5]', async () => {
    const raw = askChallenge(other, mine)
    await answerChallenge(other, raw, mine)
    const connack = await raw.take('connack')
    expect(connack?.properties).toMatchObject({ authenticationMethod: AUTHENTICATION_METHOD })
    raw.end()
    expect(both.overheard().includes(AUTHENTICATION_METHOD)).toBe(false)
  })
})

describe('re-authentication', () => {
  test('lets traffic go on under the old identity, and never reaches the broker [MQTT-4.12.1-1]', async () => {
    const mine = { account: owner, clientId: 'renewing' }
    const raw = askChallenge(other, mine)
    await answerChallenge(other, raw, mine)
    await raw.take('connack')
    sendAuth(raw, 0x19)
    const publish = {
      cmd: 'publish',
      topic: 'home/meanwhile',
      payload: 'x',
      qos: 1,
      dup: false,
      retain: false,
    } as const
    raw.send({ ...publish, messageId: 7 })
    expect(await raw.take('puback')).toMatchObject({ messageId: 7 })
    await answerChallenge(other, raw, mine)
    expect(await raw.take('auth')).toMatchObject({ reasonCode: 0 })
    raw.end()
    expect(both.overheard().includes(AUTHENTICATION_METHOD)).toBe(false)
  })

  test('by another wallet, or begun twice, ends the connection [MQTT-4.12.1-2]', async () => {
    const mine = { account: owner, clientId: 'stolen' }
    const raw = askChallenge(it, mine)
    await answerChallenge(it, raw, mine)
    await raw.take('connack')
    sendAuth(raw, 0x19)
    await answerChallenge(it, raw, { ...mine, signer: thief })
    expect(await raw.disconnect()).toBe(0x87)

    const twice = askChallenge(it, mine)
    await answerChallenge(it, twice, mine)
    await twice.take('connack')
    sendAuth(twice, 0x19)
    await twice.take('auth')
    sendAuth(twice, 0x19)
    expect(await twice.disconnect()).toBe(0x82)
  })
})

describe('a device key', () => {
  test('signs in for its owner by credential and by challenge, and the record’s account is the owner', async () => {
    const key = await it.chain.account()
    const mine = { account: owner, signer: key, clientId: 'keyed' }
    expect(await connackOf(connectRaw(it, mine))).toBe(0x87)
    await it.chain.call('authorizeDevice', [key.address, 2 ** 40 - 1], owner.sender)
    await viewCaughtUp(it)
    const byCredential = await device(it, mine)
    await byCredential.publishAsync('home/keyed', 'x', { qos: 1 })
    const bySignature = await connectBySignature(it, { ...mine, clientId: 'keyed-too' })
    clients.push(bySignature)
    // It is a key of this owner only.
    expect(await connackOf(connectRaw(it, { ...mine, account: thief }))).toBe(0x87)

    await it.records.flush()
    const { records, evidence } = await readHistory(it.chain, it.recorder)
    const texts = evidence.map(({ text }) => JSON.parse(text ?? '{}'))
    const found = records.filter((_, i) => texts[i].device === key.address)
    expect(found.map(({ action }) => action)).toEqual(expect.arrayContaining([Action.CONNECT, Action.PUBLISH]))
    expect(found.every(({ account }) => account === owner.address)).toBe(true)
    expect(records.some(({ account }) => account === key.address)).toBe(false)
    const proofs = texts.filter(({ device: signer, proof }) => signer === key.address && proof !== undefined)
    expect(new Set(proofs.map(({ proof }) => proof.kind))).toEqual(new Set(['credential', 'login']))
  })

  test('of a client certificate acts for the owner that the user name names, once he authorized it on chain', async () => {
    const { cert, key, publicKey } = clientCertificate('P-256')
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const address = toHex(keccak256(Buffer.concat([Buffer.from('flytrap-spki'), spki])).subarray(12))
    const connect = (username: string, clientId = 'tls', tls: object = { cert, key }) => {
      const ca = readFileSync(files.caFile)
      const url = `mqtts://localhost:${other.proxy.ports.mqtts}`
      const options = { protocolVersion: 5, reconnectPeriod: 0, clientId, username, ca, ...tls } as const
      return mqtt.connectAsync(url, options, false)
    }
    await expect(connect(owner.address)).rejects.toMatchObject({ code: 0x87 })
    await it.chain.call('authorizeDevice', [address, 2 ** 40 - 1], owner.sender)
    await viewCaughtUp(other)
    const client = await connect(owner.address)
    client.on('error', () => {})
    await client.publishAsync('home/tls', 'x', { qos: 1 })
    await expect(connect(thief.address)).rejects.toMatchObject({ code: 0x87 })
    await expect(connect('nobody')).rejects.toMatchObject({ code: 0x86 })
    await expect(connect(owner.address, 'tls', {})).rejects.toMatchObject({ code: 0x87 })

    const ended = new Promise((resolve) => client.once('disconnect', ({ reasonCode }) => resolve(reasonCode)))
    await it.chain.call('authorizeDevice', [address, 0], owner.sender)
    expect(await ended).toBe(0x87)
    await expect(connect(owner.address)).rejects.toMatchObject({ code: 0x87 })
  })
})

describe('what a device writes', () => {
  test('stays inside its own line of the log, whatever it holds', async () => {
    const evil = 'a"\n{"level":60,"msg":"forged"}\r\u001b[2J\u202e'
    const refused = connectRaw(other, { account: owner, signer: thief, clientId: evil })
    expect(await connackOf(refused)).toBe(0x87)
    const raw = connectRaw(other, { account: owner, clientId: 'writes' })
    expect(await raw.connack()).toBe(0)
    raw.send(publish({ topic: `gone/${evil}`, qos: 1, messageId: 1 }))
    expect((await raw.take('puback'))?.reasonCode).toBe(0x87)
    raw.send({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: `gone/${evil}`, qos: 0 }] })
    expect((await raw.take('suback'))?.granted).toEqual([0x87])
    raw.send(Buffer.from('f000', 'hex'))
    await raw.closed
    const lines = logged.join('').trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect((JSON.parse(line) as { msg: string }).msg).not.toBe('forged')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point
    expect(lines.filter((line) => /[\u0000-\u001f\u007f]/.test(line))).toEqual([])
  })
})

describe('what a device proves itself with', () => {
  test('reaches neither the broker, nor a log, nor a record: user name, password, signature', async () => {
    const password = credentialPassword(it.deployment, { account: owner, clientId: 'secretive' })
    const refused = credentialPassword(it.deployment, { account: owner, signer: thief, clientId: 'secretive' })
    const client = await device(other, { account: owner, clientId: 'secretive', password })
    await client.publishAsync('home/secretive', 'x', { qos: 1 })
    await client.endAsync()
    await expect(connectDevice(other, { account: owner, clientId: 'secretive', password: refused })).rejects.toThrow()

    const heard = both.overheard().toString('latin1')
    expect(heard).toContain('secretive')
    expect(heard.toLowerCase()).not.toContain(owner.address)
    await other.records.flush()
    const { evidence, records } = await readHistory(it.chain, other.recorder)
    const recorded = evidence.map(({ text }) => text).join('\n')
    for (const secret of [password, refused]) {
      for (const place of [heard, logged.join(''), recorded]) expect(place).not.toContain(secret.slice(4))
    }
    // A refused one leaves no signature either: it proved nothing, and somebody may still use it.
    const signature = Buffer.from(refused.slice(4), 'base64url').subarray(32).toString('hex')
    expect(recorded).not.toContain(signature)
    expect(logged.join('')).not.toContain(Buffer.from(password.slice(4), 'base64url').subarray(32).toString('hex'))
    const denied = records.filter(({ action, outcome }) => action === Action.CONNECT && outcome === Outcome.DENIED)
    expect(denied.some(({ denialReason }) => denialReason === DenialReason.SIGNER_NOT_AUTHORIZED)).toBe(true)
    expect(denied.every(({ account }) => /^0x0+$/.test(account))).toBe(true)
  })
})
