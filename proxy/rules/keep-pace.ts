/** @module Lets a connection rest when it sends faster than the rules allow. */
import type { Connection } from '../connection.ts'
import { Pace } from './pace.ts'

export function keepPace(connection: Connection): void {
  const { limits, counters, turn } = connection.context
  const pace = new Pace()
  let published = 0
  connection.onPackets = (packets) => {
    const publishes = connection.publishes - published
    published = connection.publishes
    const rest = pace.rest({ packets, publishes }, limits, turn.nowMs)
    if (rest === 0) return
    counters.count('rate:rested')
    connection.devicePump.hold()
    setTimeout(() => connection.devicePump.release(), rest).unref()
  }
}
