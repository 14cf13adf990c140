/** @module All makes of brokers that the conformance suite knows; those that are not installed are skipped loudly. */
import type { BrokerMake } from './broker.ts'
import { ejabberd } from './ejabberd.ts'
import { aedes, mosquitto } from './embedded.ts'
import { nats } from './nats.ts'
import { rabbitmq } from './rabbitmq.ts'

export const MAKES: readonly BrokerMake[] = [mosquitto, aedes, ejabberd, nats, rabbitmq]

/** Returns whether the broker is installed. Throws where CI=true and it is not. */
export function isInstalled({ name, version, debianPackage }: BrokerMake): boolean {
  if (version() !== undefined) return true
  const text = `${name} is missing: apt-get install --no-install-recommends ${debianPackage}`
  if (process.env.CI === 'true') throw new Error(text)
  console.warn(`SKIPPED: ${text}`)
  return false
}
