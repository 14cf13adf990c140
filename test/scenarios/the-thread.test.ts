/** From a device's packet to a verified PDF, with clients that everybody has, behind both embedded brokers. */
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import mqtt from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { questionsAbout, SUBJECT_QUERY, subjectOf } from '../../gateway/playground/questions.ts'
import { removeHome, startUp, type Up } from '../support/flytrap.ts'
import { pause } from '../support/mqtt.ts'

const run = promisify(execFile)
const has = (file: string): boolean => ['/usr/bin', '/usr/sbin'].some((folder) => existsSync(join(folder, file)))
const missing = ['mosquitto', 'mosquitto_pub', 'mosquitto_sub', 'pdfsig'].filter((file) => !has(file))
if (missing.length > 0 && process.env.CI === 'true')
  throw new Error(`${missing.join(', ')} missing: CI must install them`)
if (missing.length > 0)
  console.warn(`SKIPPED: ${missing.join(', ')} not installed; the thread is not followed to its end`)

const TOPIC = 'home/kitchen/temperature'

describe.skipIf(missing.length > 0).each(['mosquitto', 'aedes'])('behind %s', (broker) => {
  let up: Up
  const credentials: Record<string, { username: string; password: string; configDir: string }> = {}

  beforeAll(async () => {
    up = await startUp(undefined, { FLYTRAP_BROKER: broker })
    for (const name of ['thermostat', 'dashboard', 'stranger']) await up.json('wallet', 'new', name)
    await up.json('topic', 'register', TOPIC, '--yes')
    await up.json(
      'grant',
      TOPIC,
      'thermostat',
      '--publish',
      '--until',
      '30d',
      '--basis',
      'contract',
      '--purpose',
      'Heating',
    )
    await up.json('grant', TOPIC, 'dashboard', '--subscribe', '--until', '30d', '--basis', 'consent')
    for (const name of ['thermostat', 'dashboard', 'stranger']) {
      ;[credentials[name]] = await up.json('device', 'credential', '--as', name, '--client-id', `${name}-1`)
    }
    await pause(500) // one poll of the chain
  })
  afterAll(async () => {
    await up.interrupt()
    removeHome(up.home)
  })

  const client = (program: string, name: string, ...args: string[]) => ({
    program,
    args,
    env: { ...process.env, XDG_CONFIG_HOME: credentials[name]?.configDir },
  })
  const publish = (name: string, payload: string) => {
    const { program, args, env } = client('mosquitto_pub', name, '-t', TOPIC, '-m', payload, '-q', '1', '-d')
    return run(program, args, { env })
  }

  test('what the thermostat publishes with mosquitto_pub reaches the dashboard’s mosquitto_sub', async () => {
    const { program, args, env } = client('mosquitto_sub', 'dashboard', '-t', TOPIC, '-q', '1', '-C', '2', '-W', '20')
    const listening = spawn(program, args, { env })
    let heard = ''
    listening.stdout.on('data', (chunk) => {
      heard += chunk
    })
    await pause(400)
    await publish('thermostat', '21.5')
    await publish('thermostat', '21.6')
    await expect.poll(() => heard).toBe('21.5\n21.6\n')
  })

  test('MQTT.js 5 talks to the same topic through the same proxy', async () => {
    const { username = '', password = '' } = credentials.dashboard ?? {}
    const dashboard = await mqtt.connectAsync(up.ready.mqtt, {
      protocolVersion: 5,
      clientId: 'dashboard-1',
      username,
      password,
    })
    const heard: string[] = []
    dashboard.on('message', (_, payload) => heard.push(payload.toString()))
    await dashboard.subscribeAsync(TOPIC, { qos: 1 })
    await publish('thermostat', '21.7')
    await expect.poll(() => heard).toEqual(['21.7'])

    await up.json('revoke', TOPIC, 'dashboard')
    await pause(500)
    await publish('thermostat', '21.8')
    await pause(300)
    expect(heard).toEqual(['21.7'])
    await dashboard.endAsync()
  })

  test('a stranger is refused, in both directions, and told why', async () => {
    const { program, args, env } = client('mosquitto_sub', 'stranger', '-t', TOPIC, '-d', '-W', '2')
    const refused = await run(program, args, { env }).catch((error: { stdout: string; stderr: string }) => error)
    expect(`${refused.stdout}${refused.stderr}`).toMatch(/135|not authori[sz]ed|denied/i)
    const { stdout, stderr } = await publish('stranger', 'let me in')
    expect(`${stdout}${stderr}`).toMatch(/Not authori[sz]ed/i)
  })

  test('a wrong password is refused with the CONNACK’s code', async () => {
    const { username = '' } = credentials.thermostat ?? {}
    const password = credentials.stranger?.password ?? ''
    const options = { protocolVersion: 5, clientId: 'thermostat-1', username, password, reconnectPeriod: 0 } as const
    await expect(mqtt.connectAsync(up.ready.mqtt, options, false)).rejects.toMatchObject({ code: 0x87 })
  })

  test('GraphQL tells who accessed the topic, when and why', async () => {
    await up.json('flush')
    await pause(1_000)
    const rows = await up.json('who', TOPIC)
    const told = rows.map((row) => `${row.action} ${row.outcome} ${row.denialReason ?? ''}`.trim())
    expect(told).toEqual(
      expect.arrayContaining([
        'PUBLISH ALLOWED',
        'SUBSCRIBE ALLOWED',
        'DELIVER ALLOWED',
        'DELIVER DENIED GRANT_REVOKED',
      ]),
    )
    expect(told).toEqual(expect.arrayContaining(['SUBSCRIBE DENIED NO_GRANT', 'PUBLISH DENIED NO_GRANT']))
    expect(rows.find((row) => row.action === 'PUBLISH' && row.outcome === 'ALLOWED').why).toMatchObject({
      lawfulBasis: 'CONTRACT',
    })
  })

  test('the signed report passes flytrap verify, line by line, and Debian’s pdfsig; one changed byte does not', async () => {
    const file = join(up.home, 'report.pdf')
    const [told] = await up.json('report', 'topic-access', '--topic', TOPIC, '-o', file)
    expect(told.anchoring).toMatchObject({ state: 'ANCHORED', block: expect.any(Number) })
    const [verdict] = await up.json('verify', file, '--rpc', up.ready.rpc, '--strict')
    expect(verdict.result).toBe('VERIFIED')
    const { block, transaction } = told.anchoring
    expect(verdict.anchor).toMatchObject({ block, transaction })
    expect(verdict.findings.every(({ status }: { status: string }) => status === 'passed')).toBe(true)
    const [offline] = await up.json('verify', file)
    expect(offline).toMatchObject({ result: 'CONSISTENT', exitCode: 0 })
    // The development certificate is nobody's root: pdfsig says so, and that signature and document are whole.
    const words = execFileSync('pdfsig', ['-nocert', file], { encoding: 'utf8' })
    expect(words).toContain('Signature is Valid')
    expect(words).toContain('Total document signed')

    const bytes = readFileSync(file)
    bytes[Math.floor(bytes.length / 3)]! ^= 1
    writeFileSync(file, bytes)
    const spoilt = await up.run('verify', file)
    expect(spoilt.code).toBe(1)
    expect(spoilt.stdout).toContain('FAILED')
  })

  test('every ready question of the playground has an answer that is not empty', async () => {
    const ask = async (query: string) => {
      const headers = { 'content-type': 'application/json' }
      const request = { method: 'POST', headers, body: JSON.stringify({ query }) }
      return (await fetch(`${up.ready.gateway}/graphql`, request)).json()
    }
    const reports = async () => (await ask('{ reports { nodes { id } } }')).data.reports.nodes
    await expect.poll(reports, { timeout: 45_000 }).not.toEqual([]) // the one of before, once the history has it
    const { data } = await ask(SUBJECT_QUERY)
    const subject = subjectOf(data, new Date())
    expect(subject).toMatchObject({ topic: TOPIC, wallet: expect.stringMatching(/^0x/) })
    for (const question of questionsAbout(subject)) {
      const { data: answer, errors } = await ask(question)
      expect([question, errors]).toEqual([question, undefined])
      for (const [name, part] of Object.entries<{ nodes?: unknown[] }>(answer)) {
        if (name === 'reachable') continue // the dashboard's only right was revoked
        expect([question, part.nodes ?? part]).not.toEqual([question, []])
      }
    }
  })

  test('no credential is in the broker’s files, the logs or the evidence', () => {
    const passwords = Object.values(credentials).map(({ password }) => password)
    const files = ['logs', 'broker', 'evidence.sqlite', 'evidence.sqlite-wal', 'journal.sqlite', 'journal.sqlite-wal']
    const paths = files.map((file) => join(up.home, file)).filter((path) => existsSync(path))
    for (const password of passwords) {
      const { status } = spawnSync('grep', ['-rqF', '-e', password, ...paths])
      expect(status).toBe(1) // 1: found nowhere
    }
  })
})
