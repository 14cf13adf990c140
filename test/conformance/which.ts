/** @module Which brokers a run covers: the quick ones in `npm test`, all by `npm run conformance`. */
import { test } from 'vitest'
import { isInstalled, MAKES } from '../support/brokers/makes.ts'
import { conformance } from './conformance.suite.ts'

/** RabbitMQ alone takes ten seconds to start, ejabberd brings all of Erlang: not for every run. */
const QUICK = ['mosquitto', 'aedes', 'nats']
const runsAll = process.env.FLYTRAP_CONFORMANCE === 'all'

export function conformanceOf(name: string): void {
  const make = MAKES.find((known) => known.name === name)
  if (make === undefined) throw new Error(`no make of broker is called ${name}`)
  const isAsked = runsAll || QUICK.includes(name)
  if (isAsked && isInstalled(make)) return conformance(make)
  test.skip(`behind ${name}: ${isAsked ? 'it is not installed' : 'run npm run conformance'}`, () => {})
}
