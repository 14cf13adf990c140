/** `flytrap doctor`: what is not well is named, with the line that mends it. The whole command runs in test/scenarios. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../cli/config.ts'
import { judgeChain } from '../../cli/doctor/chain.ts'
import { judgeCertificate, judgeDisk, judgePorts, judgeSecrets } from '../../cli/doctor/machine.ts'
import { judgeBrokers, judgeEvidence, judgeService, type Running } from '../../cli/doctor/service.ts'
import { type Home, openOrMakeHome } from '../../cli/home/home.ts'
import { newKey } from '../../cli/home/keys.ts'
import { ensureDevelopmentCertificate } from '../../cli/tls/development-certificate.ts'

const HOUR = 3_600
const DAY = 24 * HOUR
const seconds = (): number => Math.floor(Date.now() / 1_000)

let home: Home
beforeEach(() => {
  home = openOrMakeHome(mkdtempSync(join(tmpdir(), 'flytrap-doctor-')))
})
afterEach(() => rmSync(home.dir, { recursive: true }))

const runs = (records: object, more: object = {}): Running =>
  ({
    records: { trouble: null, unbatched: 2, unanchored: 3, ...records },
    brokers: [],
    view: { isFresh: true },
    ...more,
  }) as unknown as Running

describe('the doctor', () => {
  test('finds a key that others may read, and the line that mends it', () => {
    newKey(home, 'owner')
    expect(judgeSecrets(home)).toMatchObject({ state: 'ok' })
    const path = home.path('keys', 'owner.key')
    chmodSync(path, 0o644)
    expect(judgeSecrets(home)).toMatchObject({ state: 'failed', remedy: `chmod 600 ${path}` })
  })

  test('finds a certificate that has ended, ends soon, or is none', () => {
    const config = loadConfig({})
    expect(judgeCertificate(home, config)).toMatchObject({ state: 'ok' })
    mkdirSync(home.path('tls'))
    ensureDevelopmentCertificate(home.path('tls'), seconds())
    expect(judgeCertificate(home, config)).toMatchObject({ state: 'ok' })
    ensureDevelopmentCertificate(home.path('tls'), seconds() + 400 * DAY)
    rmSync(home.path('tls', 'server.pem'))
    ensureDevelopmentCertificate(home.path('tls'), seconds() - 80 * DAY)
    expect(judgeCertificate(home, config)).toMatchObject({ state: 'warning' })
    rmSync(home.path('tls', 'server.pem'))
    ensureDevelopmentCertificate(home.path('tls'), seconds() - 100 * DAY)
    expect(judgeCertificate(home, config)).toMatchObject({ state: 'failed' })
    writeFileSync(home.path('tls', 'server.pem'), 'nothing')
    expect(judgeCertificate(home, config)).toMatchObject({ state: 'failed' })
  })

  test('finds a disk below what the rules want free', async () => {
    expect(await judgeDisk(home, 0)).toMatchObject({ state: 'ok' })
    expect(await judgeDisk(home, 2 ** 60)).toMatchObject({ state: 'failed' })
  })

  test('finds a port that is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const config = loadConfig({ FLYTRAP_MQTT_PORT: String(port) })
    expect(await judgePorts(config)).toMatchObject({ state: 'failed' })
    await new Promise((resolve) => server.close(resolve))
    expect(await judgePorts(config)).toMatchObject({ state: 'ok' })
  })

  test('tells when the longest wait for the chain is reached at this pace', () => {
    const of = (age: number, trouble: string | null) =>
      judgeService(runs({ oldestUnanchored: seconds() - age, trouble }), DAY * 1_000)[1]
    expect(of(60, null)).toMatchObject({ state: 'ok' })
    expect(of(60, 'no ETH')).toMatchObject({ state: 'warning' })
    expect(of(22 * HOUR, 'no ETH')).toMatchObject({ state: 'failed' })
    expect(of(22 * HOUR, 'no ETH')?.what).toMatch(/in 2\.0 h/)
  })

  test('finds a view that is stale, a broker that is down, and that nothing runs', async () => {
    const broker = { name: 'mqtt://b', state: 'down', trouble: 'refused' }
    const sick = runs({ oldestUnanchored: null }, { view: { isFresh: false }, brokers: [broker] })
    expect(judgeService(sick, DAY)[0]).toMatchObject({ state: 'failed' })
    expect(await judgeBrokers(sick, loadConfig({}))).toMatchObject([{ state: 'failed' }])
    expect(await judgeBrokers(undefined, loadConfig({ FLYTRAP_BROKER_URL: 'mqtt://127.0.0.1:9' }))).toMatchObject([
      { state: 'failed' },
    ])
    expect(judgeService(undefined, DAY)).toMatchObject([{ state: 'warning', remedy: 'npx flytrap up' }])
  })

  test('finds an endpoint that does not answer, and an evidence store that is none', async () => {
    const deployment = { chainId: 1n, contract: `0x${'ab'.repeat(20)}`, deployBlock: 0, embedded: false } as const
    expect(await judgeChain('http://127.0.0.1:9', home, deployment)).toMatchObject([{ name: 'chain', state: 'failed' }])
    expect(await judgeChain(undefined, home, deployment)).toMatchObject([{ state: 'failed' }])
    writeFileSync(home.path('evidence.sqlite'), 'no database')
    expect(await judgeEvidence(home.path('evidence.sqlite'))).toMatchObject({ state: 'failed' })
  })
})
