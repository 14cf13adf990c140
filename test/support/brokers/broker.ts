/** @module A real broker for tests, whatever its make. */
import type { BrokerTarget } from '../../../proxy/broker/target.ts'

export interface TestBroker {
  /** How the proxy logs in there. */
  target: BrokerTarget
  stop(): Promise<void>
}

export interface BrokerMake {
  name: string
  /** Undefined where npm brought it. */
  debianPackage?: string
  /** Of the installed one, or undefined. */
  version(): string | undefined
  /** MQTT versions that this make speaks, as CONNECT numbers them. */
  versions: readonly (4 | 5)[]
  start(): Promise<TestBroker>
}
