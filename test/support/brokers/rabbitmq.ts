/** @module RabbitMQ with its MQTT plugin (before 3.13: MQTT 3.1.1 only). Takes some ten seconds to start. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../chain.ts'
import type { BrokerMake, TestBroker } from './broker.ts'
import { scratchFolder, startChild } from './child.ts'

const LIB = '/usr/lib/rabbitmq/lib'
const release = (): string | undefined =>
  existsSync(LIB) ? readdirSync(LIB).find((name) => name.startsWith('rabbitmq_server-')) : undefined

export const rabbitmq: BrokerMake = {
  name: 'rabbitmq',
  versions: [4],
  debianPackage: 'rabbitmq-server',
  version: () => release()?.slice('rabbitmq_server-'.length),
  async start(): Promise<TestBroker> {
    const dir = scratchFolder('rabbitmq')
    const [port, amqp, distribution, epmd] = [await freePort(), await freePort(), await freePort(), await freePort()]
    const path = (name: string): string => join(dir, name)
    writeFileSync(
      path('rabbitmq.conf'),
      `listeners.tcp.1 = 127.0.0.1:${amqp}\nmqtt.listeners.tcp.1 = 127.0.0.1:${port}\nmqtt.allow_anonymous = false\n`,
    )
    writeFileSync(path('enabled_plugins'), '[rabbitmq_mqtt].\n')
    // Not the wrapper of /usr/sbin: that changes user, and wants a system account's folders.
    const server = join(LIB, release() ?? '', 'sbin', 'rabbitmq-server')
    const env = {
      RABBITMQ_NODENAME: `flytrap${port}@localhost`,
      RABBITMQ_CONFIG_FILE: path('rabbitmq'),
      RABBITMQ_ENABLED_PLUGINS_FILE: path('enabled_plugins'),
      RABBITMQ_MNESIA_BASE: path('mnesia'),
      RABBITMQ_LOG_BASE: path('log'),
      RABBITMQ_PID_FILE: path('pid'),
      RABBITMQ_DIST_PORT: String(distribution),
      ERL_EPMD_PORT: String(epmd),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      HOME: dir,
    }
    const child = await startChild(server, [], { dir, port, env })
    return {
      target: { host: '127.0.0.1', port, tls: false, userName: 'guest', password: 'guest' },
      async stop() {
        await child.stop()
        endEpmd(epmd)
      },
    }
  },
}

/** Erlang's port mapper is a daemon that outlives its node; ours is the one that was given our port. */
function endEpmd(port: number): void {
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const isEpmd = readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes('epmd')
      const isOurs = isEpmd && readFileSync(`/proc/${entry}/environ`, 'utf8').includes(`ERL_EPMD_PORT=${port}\0`)
      if (isOurs) process.kill(Number(entry), 'SIGTERM')
    } catch {
      // it ended meanwhile, or is somebody else's
    }
  }
}
