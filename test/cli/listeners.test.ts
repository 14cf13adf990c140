/** What `up` listens on, by its settings. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../cli/config.ts'
import { openOrMakeHome } from '../../cli/home/home.ts'
import { deviceUrls, planListeners } from '../../cli/up/listeners.ts'
import { mostConnections, warnOfFewFiles, warnOfOpenBrokers } from '../../cli/up/warnings.ts'
import { freePort } from '../support/chain.ts'

const scratch = mkdtempSync(join(tmpdir(), 'flytrap-listeners-'))
const home = openOrMakeHome(join(scratch, 'home'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const plan = (env: Record<string, string>) => planListeners(home, loadConfig(env))
const ANY = { FLYTRAP_MQTT_PORT: '0', FLYTRAP_MQTTS_PORT: '0', FLYTRAP_WS_PORT: '0' }
const OWN = { FLYTRAP_TLS_CERT_FILE: '/etc/x.pem', FLYTRAP_TLS_KEY_FILE: '/etc/x.key' }

describe('an embedded home', () => {
  test('opens MQTT, MQTT over TLS and WebSocket on loopback, with a certificate of its own', async () => {
    const { listen, caFile, stop } = await plan(ANY)
    expect(listen.map(({ kind, host }) => [kind, host])).toEqual([
      ['mqtt', '127.0.0.1'],
      ['mqtts', '127.0.0.1'],
      ['ws', '127.0.0.1'],
    ])
    expect(caFile).toBe(home.path('tls', 'ca.pem'))
    for (const key of ['server.key', 'ca.key']) expect(statSync(home.path('tls', key)).mode & 0o777).toBe(0o600)
    stop()
  })

  test('opens secure WebSocket when asked, and nothing that is off', async () => {
    const { listen, stop } = await plan({
      ...ANY,
      FLYTRAP_WSS_PORT: '0',
      FLYTRAP_MQTT_PORT: 'off',
      FLYTRAP_WS_PORT: 'off',
    })
    expect(listen.map(({ kind }) => kind)).toEqual(['mqtts', 'wss'])
    const urls = deviceUrls({ listen, caFile: null, stop }, { mqtts: 1, wss: 2 })
    expect(urls).toEqual({ mqtt: null, mqtts: 'mqtts://127.0.0.1:1', ws: null, wss: 'wss://127.0.0.1:2/mqtt' })
    stop()
  })
})

describe('off this machine', () => {
  test('only TLS is opened; clear text stays on loopback until it is asked for', async () => {
    const env = { ...ANY, ...OWN, FLYTRAP_HOST: '0.0.0.0' }
    const hosts = async (more: Record<string, string> = {}) =>
      (await plan({ ...env, ...more })).listen.map(({ kind, host }) => `${kind} ${host}`)
    expect(await hosts()).toEqual(['mqtt 127.0.0.1', 'mqtts 0.0.0.0', 'ws 127.0.0.1'])
    expect(await hosts({ FLYTRAP_INSECURE: 'true' })).toEqual(['mqtt 0.0.0.0', 'mqtts 0.0.0.0', 'ws 0.0.0.0'])
  })

  test('a chain of one’s own gets no development certificate, so no TLS without files', async () => {
    const { listen, caFile } = await plan({
      FLYTRAP_MQTT_PORT: '0',
      FLYTRAP_WS_PORT: '0',
      FLYTRAP_RPC_URL: 'http://127.0.0.1:1',
    })
    expect([listen.map(({ kind }) => kind), caFile]).toEqual([['mqtt', 'ws'], null])
  })
})

describe('what is not well', () => {
  test('is a broker that lets in anybody around the proxy', async () => {
    const open = createServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.write(Buffer.from([0x20, 3, 0, 0, 0])))
    })
    await new Promise<void>((resolve) => open.listen(0, '127.0.0.1', resolve))
    const { port } = open.address() as { port: number }
    const [warning] = await warnOfOpenBrokers([{ host: '127.0.0.1', port, tls: false }])
    expect(warning).toMatch(/lets in anybody.*allow_anonymous false/)
    open.close()
    const [unknown] = await warnOfOpenBrokers([{ host: '127.0.0.1', port: await freePort(), tls: false }])
    expect(unknown).toMatch(/not known/)
  })

  test('is a limit of open files below what the connections need', () => {
    expect(warnOfFewFiles(20_000, 1_048_576)).toEqual([])
    expect([mostConnections(300, 1_024), mostConnections(20_000, 1_024)]).toEqual([300, 412])
    const [warning] = warnOfFewFiles(20_000, 1_024)
    expect(warning).toMatch(/1024 files, enough for 412 of 20000 connections.*ulimit -n 40200/)
  })
})
