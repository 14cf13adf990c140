import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureDevelopmentCertificate } from '../../cli/tls/development-certificate.ts'
import { purposeKey } from '../../domain/evidence.ts'
import { topicIdOf } from '../../domain/topic-filter.ts'
import { deviceAddressOf } from '../../proxy/listen/tls/device-key.ts'
import { openEvidenceStore } from '../../records/store/open-store.ts'
import { type OwnerHome, startOwnerHome } from '../support/owner-home.ts'

const ETH = 10n ** 18n
let home: OwnerHome
beforeAll(async () => {
  home = await startOwnerHome()
  for (const name of ['alice', 'bob', 'carol']) await home.wallet(name)
})
afterAll(() => home.stop())

const termsOf = async (filter: string) => (await home.json('topic', 'show', filter))[0].terms

describe('registering', () => {
  test('sets terms in the same breath, and shows them', async () => {
    const made = await home.json(
      'topic',
      'register',
      'shop',
      '--subscribe-price',
      '0.01',
      '--countries',
      'only:DE,FR',
      '--sealed',
    )
    expect(made).toMatchObject([{ registered: 'shop' }, { terms: 'shop' }])
    expect(await termsOf('shop')).toEqual({
      offers: { publish: false, subscribe: true },
      publishPriceWei: '0',
      subscribePriceWei: (ETH / 100n).toString(),
      periodSeconds: 30 * 86_400,
      countries: 'only:DE,FR',
      sealed: true,
    })
  })

  test('offers the first-level name as well, and agrees only by --yes where nobody can be asked', async () => {
    const refused = await home.refused('topic', 'register', 'farm/barn/door')
    expect(refused).toMatchObject({
      exit: 1,
      error: 'NOT_AGREED',
      message: expect.stringContaining('registers farm above'),
    })
    expect(await home.json('topic', 'register', 'farm/barn/door', '--yes')).toMatchObject([
      { registered: 'farm' },
      { registered: 'farm/barn/door' },
    ])
  })

  test('says before what it costs, and stops there in a dry run', async () => {
    const shown = await home.run('topic', 'register', 'dry', '--dry-run')
    expect(shown.stdout).toMatch(/register dry/)
    expect(shown.stdout).toMatch(/gas +about 0\.0\d+ ETH for [\d,]+ gas/)
    expect(shown.stdout).toContain('on chain for ever')
    const [plan] = await home.json('topic', 'register', 'dry', '--dry-run', '--publish-price', '1')
    expect(plan).toMatchObject({
      dryRun: true,
      steps: [
        { call: 'giveTopic', isEstimated: true },
        { call: 'setTerms', isEstimated: false },
      ],
      paysWei: '0',
    })
    expect((await home.refused('topic', 'show', 'dry')).error).toBe('TOPIC_UNREGISTERED')
  })

  test('refuses what tells of a person, names it, and knows what is public', async () => {
    const refused = await home.refused('topic', 'register', 'shop/anna@example.org')
    expect(refused).toMatchObject({ exit: 1, error: 'PERSONAL_DATA' })
    expect(refused.message).toContain('anna@example.org looks like an e-mail address')
    expect(refused.message).toMatch(/npx flytrap topic register shop\/id-[0-9a-f]{6}\n/)
    expect(await home.json('topic', 'register', 'shop/info@example.org', '--i-know-this-is-public')).toHaveLength(1)
  })

  test('of a first-level name by another than the broker owner needs a voucher', async () => {
    const refused = await home.refused('topic', 'register', 'alice-shop', '--as', 'alice')
    expect(refused).toMatchObject({
      error: 'VOUCHER_NEEDED',
      message: expect.stringContaining('npx flytrap topic voucher alice-shop --for 0x'),
    })
    const file = join(home.dir, 'voucher.txt')
    const [{ voucher }] = await home.json('topic', 'voucher', 'alice-shop', '--for', 'alice', '-o', file)
    expect(readFileSync(file, 'utf8')).toBe(`${voucher}\n`)
    expect((await home.refused('topic', 'redeem', voucher, '--as', 'bob')).error).toBe('VOUCHER_NOT_YOURS')
    expect((await home.refused('topic', 'redeem', `${voucher}x`, '--as', 'alice')).error).toBe('SIGNED_TEXT_INVALID')
    expect(await home.json('topic', 'redeem', file, '--as', 'alice', '--publish-price', '0')).toMatchObject([
      { registered: 'alice-shop' },
    ])
    expect((await termsOf('alice-shop')).offers).toEqual({ publish: true, subscribe: false })
    expect((await home.refused('topic', 'redeem', file, '--as', 'alice')).message).toContain('registered already')
    expect((await home.refused('topic', 'voucher', 'other', '--for', 'alice', '--as', 'alice')).error).toBe(
      'NOT_BROKER_OWNER',
    )
    expect((await home.refused('topic', 'voucher', 'a/b', '--for', 'alice')).exit).toBe(2)
  })

  test('is refused with wrong usage for a filter that cannot be, shown without its control characters', async () => {
    const { code, stderr } = await home.run('topic', 'register', 'a\u001b[31m/#/b')
    expect(code).toBe(2)
    expect(stderr).not.toContain('\u001b[31m')
    expect(stderr).toContain('\\U0000001b')
  })
})

describe('changing terms', () => {
  test('keeps the others', async () => {
    const before = await termsOf('shop')
    await home.json('topic', 'countries', 'shop', 'except:US')
    expect(await termsOf('shop')).toEqual({ ...before, countries: 'except:US' })
    await home.json('topic', 'sealed', 'shop', 'off')
    expect(await termsOf('shop')).toEqual({ ...before, countries: 'except:US', sealed: false })
    await home.json('topic', 'price', 'shop', '--publish', '0.5', '--period', '7d')
    expect(await termsOf('shop')).toMatchObject({
      offers: { publish: true, subscribe: true },
      subscribePriceWei: before.subscribePriceWei,
      periodSeconds: 7 * 86_400,
    })
    await home.json('topic', 'terms', 'shop', '--publish-price', 'none', '--period', '30d')
    expect(await termsOf('shop')).toEqual({ ...before, countries: 'except:US', sealed: false })
  })

  test.each([
    [['topic', 'terms', 'shop'], 2, 'WRONG_USAGE'],
    [['topic', 'terms', 'shop', '--subscribe-price', '1e18'], 2, 'WRONG_USAGE'],
    [['topic', 'countries', 'shop', 'only:XX'], 2, 'WRONG_USAGE'],
    [['topic', 'sealed', 'shop', 'maybe'], 2, 'WRONG_USAGE'],
    [['topic', 'price', 'shop', '--subscribe', '1', '--as', 'alice'], 1, 'REVERTED'],
    [['topic', 'price', 'nowhere', '--subscribe', '1'], 1, 'REVERTED'],
  ] as const)('%j ends with %i %s', async (args, exit, error) => {
    expect(await home.refused(...args)).toMatchObject({ exit, error })
  })
})

describe('a sale', () => {
  test('shows price, fee, share and end, and pays exactly that', async () => {
    await home.json('fees', '--share', '5%', '--publish', '0.001')
    expect(await home.json('fees')).toEqual([
      { shareBasisPoints: 500, registrationFeeWei: '0', publishFeeWei: (ETH / 1_000n).toString() },
    ])
    await home.json('topic', 'price', 'shop', '--publish', '0.02')
    const shown = await home.run('buy', 'shop', '--publish', '--subscribe', '--as', 'bob', '--dry-run')
    expect(shown.stdout).toMatch(/price +0\.03 ETH for 30 days, of which the broker owner takes 5 %/)
    expect(shown.stdout).toMatch(/fee +0\.001 ETH/)
    expect(shown.stdout).toMatch(/payment +0\.031 ETH/)
    const refused = await home.refused('buy', 'shop', '--subscribe', '--as', 'bob')
    expect(refused).toMatchObject({ error: 'NOT_AGREED', message: expect.stringContaining('pays 0.01 ETH') })
    const [bought] = await home.json('buy', 'shop', '--publish', '--subscribe', '--as', 'bob', '--yes')
    expect(bought).toMatchObject({
      bought: 'shop',
      rights: ['PUBLISH', 'SUBSCRIBE'],
      paidWei: ((31n * ETH) / 1_000n).toString(),
    })
    const [renewed] = await home.json('buy', 'shop', '--subscribe', '--as', 'bob', '--yes')
    expect(renewed.until).toBeGreaterThanOrEqual(bought.until + 30 * 86_400)
  })

  test('is explained when it cannot be', async () => {
    expect(await home.refused('buy', 'farm', '--subscribe', '--as', 'bob', '--yes')).toMatchObject({
      exit: 1,
      error: 'NOT_FOR_SALE',
      message: expect.stringContaining('npx flytrap topic show farm'),
    })
    await home.json('topic', 'price', 'shop', '--subscribe', '0.011')
    expect((await home.refused('buy', 'shop', '--subscribe', '--as', 'bob', '--yes')).message).toContain(
      'renewed at its own terms only (0.01 ETH for 30 days)',
    )
    expect((await home.refused('buy', 'shop', '--as', 'bob')).exit).toBe(2)
  })

  test('becomes income, told by topic and kind, and is paid out once', async () => {
    const rows = await home.json('income', 'owner')
    expect(rows.filter(({ topic }) => topic === 'shop').map(({ what }) => what)).toEqual([
      'fee',
      'share',
      'sale',
      'share',
      'sale',
    ])
    const [{ withdrawn, amountWei }] = await home.json('withdraw')
    expect([withdrawn, amountWei]).toEqual([home.chain.owner.address, rows.at(-1).creditWei])
    expect(await home.refused('withdraw')).toMatchObject({ exit: 1, error: 'NOTHING_TO_WITHDRAW' })
    expect((await home.refused('withdraw', 'owner', '--to', 'bob', '--as', 'bob')).exit).toBe(2)
  })

  test('ends by its owner with the unused share, which --yes alone agrees to', async () => {
    await home.json('grant', 'shop', 'bob', '--subscribe', '--until', '1d', '--basis', 'consent')
    const refused = await home.refused('revoke', 'shop', 'bob', '--subscribe')
    expect(refused).toMatchObject({ error: 'NOT_AGREED', message: expect.stringMatching(/pays 0\.0(2|199\d*) ETH/) })
    const [ended] = await home.json('revoke', 'shop', 'bob', '--subscribe', '--yes')
    expect(ended).toMatchObject({ granted: ['SUBSCRIBE'], bought: ['SUBSCRIBE'] })
    // Two periods of 0.01 ETH, less the seconds that passed.
    const refund = BigInt(ended.refundWei)
    expect([refund <= ETH / 50n, refund > (ETH * 199n) / 10_000n]).toEqual([true, true])
    // What was sent beyond what was due when it was mined came back to the owner.
    const credit = BigInt((await home.json('income', 'bob')).at(-1).creditWei)
    expect([credit <= refund, credit > (ETH * 199n) / 10_000n]).toEqual([true, true])
    const [own] = await home.json('revoke', 'shop', 'bob', '--as', 'bob')
    expect(own).toMatchObject({ granted: [], bought: ['PUBLISH'], refundWei: '0' })
    expect(await home.refused('revoke', 'shop', 'bob')).toMatchObject({ exit: 1, error: 'NOTHING_TO_REVOKE' })
    await home.json('withdraw', '--to', 'carol', '--as', 'bob')
  })
})

describe('changing hands', () => {
  test('shows what stays and what lapses, and names the proposal that was read', async () => {
    await home.json('topic', 'price', 'shop', '--subscribe', '0')
    await home.json('buy', 'shop', '--subscribe', '--as', 'bob')
    await home.json('grant', 'shop', 'carol', '--subscribe', '--until', '1d', '--basis', 'consent', '--yes')
    const [{ proposal }] = await home.json('topic', 'transfer', 'shop', 'alice')
    expect((await home.refused('buy', 'shop', '--subscribe', '--as', 'carol')).message).toContain(
      `proposal ${proposal}`,
    )
    expect((await home.refused('topic', 'accept', 'shop', '--as', 'bob')).error).toBe('NOT_PROPOSED_TO_YOU')
    expect((await home.refused('topic', 'accept', 'shop', '--as', 'alice', '--proposal', '1')).error).toBe(
      'PROPOSAL_CHANGED',
    )
    expect((await home.refused('topic', 'accept', 'shop', '--as', 'alice')).message).toContain(
      'takes over what was sold (1)',
    )
    const shown = await home.run('topic', 'accept', 'shop', '--as', 'alice', '--dry-run')
    for (const line of [
      /from +owner/,
      /stays theirs +shop\/info@example.org/,
      /countries +except:US \(stays\)/,
      /records +public \(stays\)/,
      /sold rights +1, of bob \(stay/,
      /granted rights +1, of carol \(lapse\)/,
    ])
      expect(shown.stdout).toMatch(line)
    expect(await home.json('topic', 'accept', 'shop', '--as', 'alice', '--proposal', String(proposal))).toMatchObject([
      { accepted: 'shop', proposal },
    ])
    const [shop] = await home.json('topic', 'show', 'shop')
    expect(shop.terms).toMatchObject({ offers: { publish: false, subscribe: false }, countries: 'except:US' })
    expect(shop.rights[0]).toMatchObject({ bought: true, standing: 'counts' })
    const rows = await home.json('rights', 'shop')
    expect(rows[0]).toMatchObject({ right: 'OWNER', topic: 'shop' })
    expect(rows.filter(({ counts }) => counts === true)).toHaveLength(1)
    expect(rows.find(({ standing }) => standing === 'lapsed: the topic changed hands')).toMatchObject({ bought: false })
  })

  test('is offered and withdrawn', async () => {
    expect((await home.refused('topic', 'transfer', 'farm')).exit).toBe(2)
    expect((await home.refused('topic', 'transfer', 'farm', '--withdraw')).error).toBe('NOTHING_PROPOSED')
    await home.json('topic', 'transfer', 'farm', 'alice')
    await home.json('topic', 'transfer', 'farm', '--withdraw')
    expect((await home.refused('topic', 'accept', 'farm', '--as', 'alice')).error).toBe('NOTHING_PROPOSED')
    expect((await home.refused('topic', 'transfer', 'farm', 'alice', '--as', 'bob')).message).toContain(
      'does not own farm',
    )
  })
})

describe('rights at a date', () => {
  test('are those of the last block before it', async () => {
    const before = new Date().toISOString().slice(0, 19)
    await home.chain.chain.rpc.request('evm_increaseTime', [10])
    await home.json('grant', 'farm/barn/door', 'carol', '--publish', '--until', '1d', '--basis', 'consent', '--yes')
    expect((await home.json('rights', 'farm/barn/door')).map(({ right }) => right)).toEqual(['OWNER', 'PUBLISH'])
    expect((await home.json('rights', 'farm/barn/door', '--at', before)).map(({ right }) => right)).toEqual(['OWNER'])
    expect((await home.refused('rights', 'farm', '--at', '2020-01-01')).error).toBe('TIME_BEFORE_CHAIN')
  })
})

describe('a device key', () => {
  test('is authorized and ended by its wallet', async () => {
    expect(await home.json('device', 'authorize', 'carol', '--until', '30d', '--as', 'alice')).toMatchObject([
      { device: expect.stringMatching(/^0x/) },
    ])
    expect(await home.json('device', 'revoke', 'carol', '--as', 'alice')).toMatchObject([{ until: 0 }])
    expect((await home.refused('device', 'revoke', 'carol', '--as', 'alice')).error).toBe('DEVICE_UNKNOWN')
  })

  test('may be that of a TLS client’s certificate', async () => {
    const { certFile, keyFile } = ensureDevelopmentCertificate(home.dir)
    const device = deviceAddressOf(
      new X509Certificate(readFileSync(certFile)).publicKey.export({ type: 'spki', format: 'der' }),
    )
    const by = ['--certificate', certFile, '--as', 'alice']
    expect(await home.json('device', 'authorize', ...by, '--until', '30d')).toMatchObject([{ device }])
    expect(await home.json('device', 'revoke', ...by)).toMatchObject([{ device, until: 0 }])
    expect((await home.refused('device', 'authorize', '--certificate', keyFile, '--until', '1d')).error).toBe(
      'CERTIFICATE_INVALID',
    )
    expect((await home.refused('device', 'authorize', 'carol', ...by, '--until', '1d')).exit).toBe(2)
  })

  test('is authorized by a signed line that another sends, once', async () => {
    const [{ signed }] = await home.json('device', 'authorize', 'carol', '--until', '30d', '--as', 'alice', '--sign')
    expect((await home.refused('device', 'submit', `${signed}!`, '--as', 'bob')).error).toBe('SIGNED_TEXT_INVALID')
    expect(await home.json('device', 'submit', signed, '--as', 'bob')).toMatchObject([
      { submitted: 'authorizeDeviceBySig' },
    ])
    expect((await home.refused('device', 'submit', signed, '--as', 'bob')).error).toBe('SIGNED_TEXT_USED')
  })

  test('has credentials that end by their id, by transaction or by a signed line', async () => {
    const [{ id }] = await home.json('device', 'credential', '--as', 'alice', '--client-id', 'c')
    expect(await home.json('device', 'credential', '--revoke', id, '--as', 'alice')).toMatchObject([
      { revokedCredential: id },
    ])
    const [{ signed }] = await home.json('device', 'credential', '--revoke', id, '--as', 'alice', '--sign')
    expect(await home.json('device', 'submit', signed)).toMatchObject([{ submitted: 'revokeCredentialBySig' }])
    expect((await home.refused('device', 'credential', '--revoke', '0x12')).exit).toBe(2)
    expect((await home.refused('device', 'credential')).exit).toBe(2)
  })

  test('is refused when it was signed for another deployment, or too long ago', async () => {
    const body = {
      chainId: '1',
      contract: home.chain.contract.address,
      deadline: 2_000_000_000,
      signature: '0x12',
      owner: home.chain.owner.address,
      device: home.chain.owner.address,
      until: 0,
      nonce: 0,
    }
    const line = (value: object) => `flytrap-device:${Buffer.from(JSON.stringify(value)).toString('base64url')}`
    expect((await home.refused('device', 'submit', line(body))).error).toBe('SIGNED_TEXT_FOREIGN')
    const { chainId } = home.chain.chain
    expect((await home.refused('device', 'submit', line({ ...body, chainId: `${chainId}`, deadline: 1 }))).error).toBe(
      'SIGNED_TEXT_EXPIRED',
    )
    expect((await home.refused('device', 'submit', line({ ...body, extra: 1 }))).error).toBe('SIGNED_TEXT_INVALID')
  })
})

describe('the broker owner', () => {
  test('suspends an account and lifts it', async () => {
    await home.json('suspend', 'bob', '--until', '7d')
    expect((await home.json('rights', 'shop')).some(({ standing }) => standing === 'suspended')).toBe(true)
    await home.json('suspend', 'bob', '--lift')
    expect((await home.json('rights', 'shop')).some(({ standing }) => standing === 'suspended')).toBe(false)
    expect((await home.refused('suspend', 'bob')).exit).toBe(2)
    expect((await home.refused('suspend', 'bob', '--until', '7d', '--as', 'alice')).message).toContain(
      'Only the broker owner',
    )
  })

  test('appoints auditors of all topics, a topic’s owner of his own', async () => {
    await home.json('auditor', 'carol', '--until', '30d')
    await home.json('auditor', 'bob', '--topic', 'shop', '--until', '30d', '--as', 'alice')
    expect(await home.chain.read('isAuditor', [await addressOf('bob'), 'shop'])).toEqual([true])
    await home.json('auditor', 'bob', '--topic', 'shop', '--end', '--as', 'alice')
    expect(await home.chain.read('isAuditor', [await addressOf('bob'), 'shop'])).toEqual([false])
    expect((await home.refused('auditor', 'bob', '--topic', 'shop', '--until', '30d')).message).toContain(
      'does not own the topic at or above shop',
    )
  })

  test('adds, retires and stops recorders, and says so before', async () => {
    await home.json('recorder', 'add', 'carol')
    expect(await home.json('recorder', 'list')).toMatchObject([{ id: 1, state: 'ACTIVE' }])
    expect((await home.refused('recorder', 'retire', 'carol')).message).toContain('cannot be undone')
    await home.json('recorder', 'retire', 'carol', '--yes')
    expect((await home.refused('recorder', 'add', 'carol')).message).toContain('is retired already')
    await home.json('recorder', 'stop', 'carol', '--yes')
    expect(await home.json('recorder', 'list')).toMatchObject([{ id: 1, state: 'STOPPED' }])
  })

  test('pauses and resumes, and hands the contract over in two steps', async () => {
    await home.json('pause')
    expect((await home.refused('topic', 'register', 'late')).message).toContain('npx flytrap unpause')
    await home.json('unpause')
    await home.json('contract', 'transfer', 'alice')
    expect(await home.json('contract', 'show')).toMatchObject([
      { paused: false, pendingOwner: await addressOf('alice') },
    ])
    await home.json('contract', 'accept', '--as', 'alice')
    await home.json('contract', 'report-signer', `0x${'12'.repeat(32)}`, '--until', '365d', '--as', 'alice')
    expect((await home.refused('contract', 'successor', 'bob', '--as', 'alice')).error).toBe('NOT_AGREED')
    expect(await home.json('contract', 'show')).toMatchObject([{ owner: await addressOf('alice'), pendingOwner: null }])
  })
})

describe('a payment that cannot be afforded', () => {
  test('is refused before anything is sent, with both amounts', async () => {
    await home.json('topic', 'price', 'shop', '--subscribe', '5000', '--as', 'alice')
    const refused = await home.refused('buy', 'shop', '--subscribe', '--as', 'carol', '--yes')
    expect(refused).toMatchObject({ exit: 1, error: 'INSUFFICIENT_FUNDS' })
  })
})

test('a purpose is kept only once its grant was agreed to', async () => {
  const file = join(home.dir, 'evidence.sqlite')
  expect(existsSync(file)).toBe(false)
  const grant = ['grant', 'farm', 'bob', '--subscribe', '--until', '1d', '--basis', 'consent', '--purpose', 'Milk']
  await home.json(...grant, '--dry-run')
  expect(existsSync(file)).toBe(false)
  const [{ purpose, account }] = await home.json(...grant)
  const store = await openEvidenceStore(file)
  const key = purposeKey({ topicId: topicIdOf('farm'), account, purpose })
  expect(await store.purpose(key)).toMatchObject({ lang: 'en', text: 'Milk' })
  store.close()
})

const addressOf = async (name: string): Promise<string> =>
  (await home.json('wallet', 'list')).find((key) => key.name === name).address
