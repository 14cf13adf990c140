/** @module nats-server with JetStream, which keeps MQTT sessions: MQTT 3.1.1 only. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../chain.ts'
import type { BrokerMake, TestBroker } from './broker.ts'
import { scratchFolder, startChild } from './child.ts'

const login = { userName: 'flytrap', password: 'of the test' }

export const nats: BrokerMake = {
  name: 'nats',
  versions: [4],
  debianPackage: 'nats-server',
  version: () => /v([\d.]+)/.exec(spawnSync('nats-server', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1],
  async start(): Promise<TestBroker> {
    const dir = scratchFolder('nats')
    const port = await freePort()
    const config = join(dir, 'nats.conf')
    writeFileSync(
      config,
      `server_name: flytrap_test
host: 127.0.0.1
port: -1
jetstream { store_dir: "${dir}" }
authorization { user: "${login.userName}", password: "${login.password}" }
mqtt { host: 127.0.0.1, port: ${port} }
`,
    )
    const child = await startChild('nats-server', ['-c', config], { dir, port })
    return { target: { host: '127.0.0.1', port, tls: false, ...login }, stop: child.stop }
  },
}
