import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../cli/config.ts'
import { openOrMakeHome } from '../../cli/home/home.ts'
import { planListeners } from '../../cli/up/listeners.ts'
import { flytrap, newHome, removeHome, startUp, type Up } from '../support/flytrap.ts'

const scratch = mkdtempSync(join(tmpdir(), 'flytrap-cli-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('wrong usage', () => {
  test.each([
    [[], 2],
    [['nothing'], 2],
    [['grant', 'home'], 2],
    [['verify'], 2],
    [['up', '--no-such-option'], 2],
    [['--help'], 0],
    [['--version'], 0],
  ])('%j ends with %i', async (args, code) => {
    expect((await flytrap(args)).code).toBe(code)
  })
})

describe('the environment', () => {
  test('is refused with every problem at once', async () => {
    const env = { FLYTRAP_MQTT_PORT: 'x', FLYTRAP_BROKER: 'kafka', FLYTRAP_RPC_URL: 'ftp://x', FLYTRAP_CONTRACT: '0x1' }
    const { code, stderr } = await flytrap(['up', '--home', join(scratch, 'env')], env)
    expect(code).toBe(1)
    for (const name of Object.keys(env)) expect(stderr).toContain(name)
  })

  test('may hold several endpoints, or a file of them, and shows no key of theirs', () => {
    const file = join(scratch, 'endpoints')
    writeFileSync(file, 'https://one.example/v3/k3y-of-mine\nftp://two.example/k3y-of-mine')
    const told = (env: Record<string, string>): string => {
      try {
        return loadConfig(env).FLYTRAP_RPC_URL ?? ''
      } catch (error) {
        return String(error)
      }
    }
    expect(told({ FLYTRAP_RPC_URL: 'http://127.0.0.1:1, https://two.example' })).toBe(
      'http://127.0.0.1:1,https://two.example',
    )
    const refused = [
      told({ FLYTRAP_RPC_URL: 'http://127.0.0.1:1', FLYTRAP_RPC_URL_FILE: file }),
      told({ FLYTRAP_RPC_URL_FILE: file }),
      told({ FLYTRAP_RPC_URL_FILE: join(scratch, 'no-such-file') }),
      told({ FLYTRAP_RPC_URL: 'https://one.example/k3y-of-mine,nothing' }),
    ]
    expect(refused).toEqual(
      ['both set', 'one a line', 'ENOENT', 'must be'].map((text) => expect.stringContaining(text)),
    )
    expect(refused.join()).not.toContain('k3y')
    writeFileSync(file, 'https://one.example/v3/key\n\nhttps://two.example\n')
    expect(told({ FLYTRAP_RPC_URL_FILE: file })).toBe('https://one.example/v3/key,https://two.example')
  })

  test.each([
    [{ FLYTRAP_HOST: '0.0.0.0' }, 'FLYTRAP_TLS_CERT_FILE'],
    [{ FLYTRAP_TLS_KEY_FILE: '/x' }, 'name both'],
    [{ FLYTRAP_RPC_URL: 'http://127.0.0.1:1', FLYTRAP_MQTTS_PORT: '0' }, 'FLYTRAP_MQTTS_PORT'],
    [{ FLYTRAP_RPC_URL: 'http://127.0.0.1:1', FLYTRAP_WSS_PORT: '0' }, 'FLYTRAP_WSS_PORT'],
    [{ FLYTRAP_WS_PORT: 'on' }, 'or off'],
  ])('with %j asks for what is missing', (env, named) => {
    expect(() => loadConfig(env)).toThrow(named)
  })

  test('may not hold the broker’s password', async () => {
    const env = { FLYTRAP_BROKER_URL: 'mqtt://u:secret@127.0.0.1:1' }
    const { code, stderr } = await flytrap(['up', '--home', join(scratch, 'secret')], {
      ...env,
      FLYTRAP_CHAIN_PORT: '0',
      FLYTRAP_MQTT_PORT: '0',
      FLYTRAP_GATEWAY_PORT: '0',
    })
    expect(code).toBe(1)
    expect(stderr).toContain('FLYTRAP_BROKER_PASSWORD_FILE')
    expect(stderr).not.toContain('secret')
  })
})

describe('a home', () => {
  test('that is missing, foreign, damaged or newer is refused, and left as it was', async () => {
    const foreign = join(scratch, 'foreign')
    mkdirSync(foreign)
    writeFileSync(join(foreign, 'letter.txt'), 'mine')
    const make = (name: string, text: string): string => {
      mkdirSync(join(scratch, name))
      writeFileSync(join(scratch, name, 'flytrap.json'), text)
      return join(scratch, name)
    }
    const cases = [
      [['wallet', 'list', '--home', join(scratch, 'missing')], 'HOME_MISSING'],
      [['up', '--home', foreign], 'HOME_FOREIGN'],
      [['wallet', 'list', '--home', make('damaged', '{')], 'HOME_DAMAGED'],
      [['up', '--home', make('newer', '{"flytrap":"home","schema":99}')], 'HOME_NEWER'],
    ] as const
    for (const [args, error] of cases) {
      const { code, stderr } = await flytrap([...args, '--json'])
      expect([args, code, JSON.parse(stderr).error]).toEqual([args, 1, error])
    }
    expect(readFileSync(join(foreign, 'letter.txt'), 'utf8')).toBe('mine')
  })
})

describe('a port that was asked for and is in use', () => {
  test('is refused by its number and its setting', async () => {
    const server = createServer()
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
    const { code, stderr } = await flytrap(['up', '--home', join(scratch, 'port')], {
      FLYTRAP_GATEWAY_PORT: String(port),
    })
    expect(code).toBe(1)
    expect(stderr).toContain(String(port))
    expect(stderr).toContain('FLYTRAP_GATEWAY_PORT')
    const home = openOrMakeHome(join(scratch, 'listener'))
    const config = loadConfig({ FLYTRAP_MQTT_PORT: 'off', FLYTRAP_MQTTS_PORT: 'off', FLYTRAP_WS_PORT: String(port) })
    await expect(planListeners(home, config)).rejects.toThrow(/FLYTRAP_WS_PORT/)
    server.close()
  })
})

describe('a chain of one’s own', () => {
  test('needs a contract, and one that is there', async () => {
    const up = await startUp(newHome(), { FLYTRAP_KEEPER_ABOVE: '0.05 ETH' })
    try {
      const [status] = await up.json('status')
      expect(status.keeper).toMatchObject({ payouts: 0, paid: '0', refusing: [], trouble: null })
      expect(status.chain).toMatchObject([{ name: up.ready.rpc, state: 'healthy', isUsed: true, trouble: null }])
      const env = {
        FLYTRAP_RPC_URL: up.ready.rpc,
        FLYTRAP_MQTT_PORT: '0',
        FLYTRAP_GATEWAY_PORT: '0',
        FLYTRAP_BROKER_PORT: '0',
      }
      const none = await flytrap(['up', '--json', '--home', join(scratch, 'none')], env)
      expect(JSON.parse(none.stderr).error).toBe('NOT_DEPLOYED')
      const empty = { ...env, FLYTRAP_CONTRACT: `0x${'12'.repeat(20)}` }
      const nothing = await flytrap(['up', '--json', '--home', join(scratch, 'nothing')], empty)
      expect(JSON.parse(nothing.stderr).error).toBe('NO_CODE')
      const foreign = { ...env, FLYTRAP_CONTRACT: up.ready.contract }
      const unknown = await flytrap(['up', '--json', '--home', join(scratch, 'unknown')], foreign)
      expect(JSON.parse(unknown.stderr)).toMatchObject({
        error: 'RECORDER_UNKNOWN',
        message: expect.stringContaining('npx flytrap recorder add 0x'),
      })
    } finally {
      await up.interrupt()
      removeHome(up.home)
    }
  }, 300_000)
})

describe('a running flytrap', () => {
  const home = newHome()
  let up: Up
  beforeAll(async () => {
    up = await startUp(home)
  })
  afterAll(async () => {
    await up.interrupt()
    removeHome(home)
  })

  test('prints the ready line and nothing else, with null for what is off', () => {
    expect(up.lines).toHaveLength(1)
    expect(up.ready).toEqual({
      ready: true,
      mqtt: expect.stringMatching(/^mqtt:\/\/127\.0\.0\.1:\d+$/),
      mqtts: expect.stringMatching(/^mqtts:\/\/127\.0\.0\.1:\d+$/),
      ws: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/mqtt$/),
      wss: null,
      caFile: `${home}/tls/ca.pem`,
      gateway: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      rpc: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      contract: expect.stringMatching(/^0x[0-9a-f]{40}$/),
      broker: expect.stringMatching(/^(mosquitto|aedes)$/),
      metrics: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/),
      home,
    })
  })

  test('refuses a second one on its home, with its pid', async () => {
    const { code, stderr } = await flytrap(['up', '--home', home])
    expect([code, stderr]).toEqual([1, expect.stringContaining(String(up.child.pid))])
  })

  test('keeps every secret in a file that only its owner reads', () => {
    for (const file of [
      'keys/owner.key',
      'keys/recorder.key',
      'keys/gateway.key',
      'report/report-key.pem',
      'broker/password',
      'run/up.pid',
    ]) {
      expect([file, statSync(join(home, file)).mode & 0o077]).toEqual([file, 0])
    }
  })

  test('registers what is missing above a topic only when somebody agrees', async () => {
    const refused = await up.run('topic', 'register', 'flat/kitchen')
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/Agree with: npx flytrap topic register flat\/kitchen .*--yes/),
    ])
    expect(await up.json('topic', 'register', 'flat/kitchen', '--yes')).toMatchObject([
      { registered: 'flat' },
      { registered: 'flat/kitchen' },
    ])
    expect((await up.json('topic', 'list')).map(({ filter }) => filter)).toEqual(['flat', 'flat/kitchen'])
  })

  test('grants by name, ends it again, and says what to do when it cannot', async () => {
    await up.json('wallet', 'new', 'phone')
    const [granted] = await up.json(
      'grant',
      'flat/kitchen',
      'phone',
      '--publish',
      '--until',
      '1d',
      '--basis',
      'consent',
      '--purpose',
      'Heating',
    )
    expect(granted).toMatchObject({
      granted: 'flat/kitchen',
      rights: ['PUBLISH'],
      purpose: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    })
    expect(await up.json('revoke', 'flat/kitchen', 'phone')).toMatchObject([
      { revoked: 'flat/kitchen', rights: ['PUBLISH'] },
    ])

    const again = await up.run('revoke', 'flat/kitchen', 'phone')
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('no such grant')])
    const nobody = await up.run('grant', 'flat/kitchen', 'nobody', '--publish', '--until', '1d', '--basis', 'consent')
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining('npx flytrap wallet new nobody')])
    const thief = await up.run(
      'grant',
      'flat/kitchen',
      'phone',
      '--publish',
      '--until',
      '1d',
      '--basis',
      'consent',
      '--as',
      'phone',
    )
    expect([thief.code, thief.stderr]).toEqual([1, expect.stringContaining('--as')])
    const when = await up.run('grant', 'flat/kitchen', 'phone', '--publish', '--until', 'soon', '--basis', 'consent')
    expect(when.code).toBe(2)
    const why = await up.run('grant', 'flat/kitchen', 'phone', '--publish', '--until', '1d', '--basis', 'because')
    expect([why.code, why.stderr]).toEqual([2, expect.stringContaining('legitimate-interests')])
  })

  test('makes a credential, its password in a file and not in the command line', async () => {
    const [made] = await up.json('device', 'credential', '--as', 'phone', '--client-id', 'phone-1', '--until', '7d')
    expect(made.password).toMatch(/^ft1\..{130}$/)
    expect(made.example).not.toContain('ft1.')
    expect(readFileSync(join(made.configDir, 'mosquitto_pub'), 'utf8')).toContain(`-P ${made.password}`)
    expect((await up.run('device', 'credential', '--as', 'phone', '--client-id', 'x', '--until', '91d')).code).toBe(2)
  })

  test('puts changed rules in force, on SIGHUP too, and keeps the old ones when the new are wrong', async () => {
    const file = join(home, 'flytrap.yaml')
    const before = readFileSync(file, 'utf8')
    const [first] = await up.json('rules', 'show')
    expect(first.document.capture[0]).toMatchObject({ window: '10s' })

    writeFileSync(file, before.replace('unauthenticated: 500', 'unauthentcated: 500'))
    const wrong = await up.run('rules', 'reload')
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('did you mean unauthenticated?')])
    expect(await up.json('rules', 'show')).toEqual([first])

    writeFileSync(file, before.replace('confirmations: 1', 'confirmations: 3'))
    expect((await up.run('rules', 'reload', '--json')).stderr).toContain('RULES_NEED_RESTART')

    writeFileSync(file, before.replace('unauthenticated: 500', 'unauthenticated: 7'))
    const [checked] = await up.json('rules', 'check')
    up.child.kill('SIGHUP')
    await expect.poll(async () => (await up.json('rules', 'show'))[0].hash, { timeout: 45_000 }).toBe(checked.hash)
    const [now] = await up.json('rules', 'show')
    expect(now.seq).toBeGreaterThan(first.seq)
    const text = readFileSync(join(home, 'policies', `${now.hash.slice(2)}.json`), 'utf8')
    expect(JSON.parse(text)).toEqual(now.document)
  })

  test('tells Prometheus names and numbers, and nothing of anybody', async () => {
    const answer = await fetch(up.ready.metrics)
    const text = await answer.text()
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
    for (const name of [
      'flytrap_connections 0',
      'flytrap_view_fresh 1',
      'flytrap_records_trouble 0',
      'flytrap_bans 0',
      'flytrap_ready 1',
    ])
      expect(text).toContain(name)
    expect(text).not.toMatch(/0x[0-9a-f]{8}|127\.0\.0\.1/)
    expect((await fetch(new URL('/', up.ready.metrics))).status).toBe(404)
    const ready = await fetch(new URL('/ready', up.ready.metrics))
    expect([ready.status, await ready.text()]).toEqual([200, 'ready\n'])
  })

  test('erases evidence of an account once somebody agrees, and says what is left and why', async () => {
    const asked = await up.run('erase', '--account', 'phone')
    expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining('--yes')])
    const [hold] = await up.json('hold', 'set', '--account', 'phone', '--reason', 'a claim is being heard')
    expect(await up.json('hold', 'list')).toMatchObject([{ holds: [{ reason: 'a claim is being heard' }] }])
    const [erased] = await up.json('erase', '--account', 'phone', '--yes')
    // Why the account has its right is held, too.
    expect(erased).toMatchObject({ erasure: { ground: 'subject' }, left: 1, status: 'PENDING', reports: [] })
    const [{ erasures }] = (await up.json('erasures')) as [{ erasures: object[] }]
    expect(erasures).toHaveLength(1)
    expect(await up.json('hold', 'lift', hold.hold.id)).toEqual([{ lifted: hold.hold.id }])
    expect((await up.run('hold', 'lift', 'none')).code).toBe(1)
    expect((await up.run('erase')).code).toBe(2)
    expect((await up.run('erase', '--topic', 'nowhere/at/all', '--yes')).code).toBe(1)
  })

  test('tells its status, and flushes', async () => {
    const [status] = await up.json('status')
    expect(status).toMatchObject({ records: { trouble: null, recorderId: 1 }, view: { isFresh: true }, connections: 0 })
    expect(status.gatewayRecorder).toMatchObject({ isOpen: true, records: { trouble: null, recorderId: 2 } })
    const before = Math.floor(Date.now() / 1_000)
    const [flushed] = await up.json('flush')
    expect(flushed.through).toBeGreaterThanOrEqual(before)
    const shown = await up.run('status')
    expect(shown.stdout).toContain('all is well')
  })

  test('ends cleanly at Ctrl-C, and the next start finds everything again', async () => {
    const { contract } = up.ready
    expect(await up.interrupt()).toBe(0)
    expect(up.lines).toHaveLength(1)
    expect(existsSync(join(home, 'run', 'endpoints.json'))).toBe(false)
    const refused = await flytrap(['status', '--home', home])
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('npx flytrap up')])

    up = await startUp(home)
    expect(up.ready.contract).toBe(contract)
    expect((await up.json('topic', 'list')).map(({ filter }) => filter)).toEqual(['flat', 'flat/kitchen'])
    expect((await up.json('wallet', 'list')).map(({ name }) => name)).toEqual(['gateway', 'owner', 'phone', 'recorder'])
  })
})

describe('a file that is no report', () => {
  test('is refused without a home, with a finding', async () => {
    const file = join(scratch, 'no.pdf')
    writeFileSync(file, 'hello')
    const { code, stdout } = await flytrap(['verify', file, '--json'], {}, scratch)
    expect([code, JSON.parse(stdout).result]).toEqual([1, 'FAILED'])
    const absent = await flytrap(['verify', join(scratch, 'absent.pdf'), '--json'])
    expect([absent.code, JSON.parse(absent.stderr).error]).toEqual([1, 'FILE_UNREADABLE'])
  })
})
