/** @module Mosquitto and Aedes, as FlyTrap itself starts them. */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { type BrokerKind, startEmbeddedBroker } from '../../../proxy/broker/embedded.ts'
import { findMosquitto } from '../../../proxy/broker/mosquitto.ts'
import { freePort, silent } from '../chain.ts'
import type { BrokerMake, TestBroker } from './broker.ts'
import { scratchFolder } from './child.ts'

async function start(kind: BrokerKind): Promise<TestBroker> {
  const dir = scratchFolder(kind)
  const { target, stop } = await startEmbeddedBroker({ dir, port: await freePort(), kind, log: silent })
  return {
    target,
    async stop() {
      await stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export const mosquitto: BrokerMake = {
  name: 'mosquitto',
  versions: [5, 4],
  debianPackage: 'mosquitto',
  version() {
    const binary = findMosquitto()
    if (binary === undefined) return undefined
    return /version ([\d.]+)/.exec(spawnSync(binary, ['-h'], { encoding: 'utf8' }).stdout)?.[1]
  },
  start: () => start('mosquitto'),
}

export const aedes: BrokerMake = {
  name: 'aedes',
  versions: [5, 4],
  version: () => {
    const manifest = new URL('../../../node_modules/aedes/package.json', import.meta.url)
    return JSON.parse(readFileSync(manifest, 'utf8')).version
  },
  start: () => start('aedes'),
}
