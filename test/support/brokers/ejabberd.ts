/** @module ejabberd's mod_mqtt: a second real broker of MQTT 5. User names are JIDs. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../chain.ts'
import type { BrokerMake, TestBroker } from './broker.ts'
import { scratchFolder, startChild, untilLetIn } from './child.ts'

const LIB = '/usr/lib/x86_64-linux-gnu'
const release = (): string | undefined =>
  existsSync(LIB) ? readdirSync(LIB).find((name) => name.startsWith('ejabberd-')) : undefined

export const ejabberd: BrokerMake = {
  name: 'ejabberd',
  versions: [5, 4],
  debianPackage: 'ejabberd',
  version: () => release()?.slice('ejabberd-'.length),
  async start(): Promise<TestBroker> {
    const dir = scratchFolder('ejabberd')
    const port = await freePort()
    const config = join(dir, 'ejabberd.yml')
    writeFileSync(
      config,
      `hosts: [localhost]
loglevel: warning
listen:
  - {port: ${port}, ip: "127.0.0.1", module: mod_mqtt}
auth_method: internal
modules: {mod_mqtt: {}}
`,
    )
    const ebin = join(LIB, release() ?? '', 'ebin')
    const add = 'ejabberd_auth:try_register(<<"flytrap">>, <<"localhost">>, <<"of the test">>)'
    const register = `F = fun F() -> case catch ${add} of ok -> ok; _ -> timer:sleep(50), F() end end, F().`
    const args = ['-noinput', '-mnesia', 'dir', JSON.stringify(join(dir, 'mnesia')), '-pa', ebin, '-s', 'ejabberd']
    const env = { EJABBERD_CONFIG_PATH: config, EJABBERD_LOG_PATH: join(dir, 'log'), SPOOL_DIR: dir, HOME: dir }
    const child = await startChild('erl', [...args, '-eval', register], { dir, port, env })
    const target = { host: '127.0.0.1', port, tls: false, userName: 'flytrap@localhost', password: 'of the test' }
    await untilLetIn(target) // it listens before it knows its users
    return { target, stop: child.stop }
  },
}
