/** @module What runs, as it says itself, and what it leans on: records that wait, brokers, the evidence store. */
import { parseBrokerUrls } from '../../proxy/broker/parse-targets.ts'
import { probeAnonymousLogin } from '../../proxy/broker/probe.ts'
import { nameOf } from '../../proxy/broker/target.ts'
import type { BrokerStatus } from '../../proxy/broker/watch.ts'
import { openEvidenceScan } from '../../records/check/read-evidence.ts'
import type { RecordsStatus } from '../../records/port.ts'
import type { Config } from '../config.ts'
import { describe } from '../errors.ts'
import { now } from '../times.ts'
import { failed, type Line, ok, warning } from './line.ts'

/** As `status` tells it; undefined when nothing runs. */
export interface Running {
  records: RecordsStatus
  brokers: BrokerStatus[]
  view: { isFresh: boolean }
}

const HOUR_MS = 3_600_000
/** Fewer hours than this left, and somebody should look. */
const FEW_HOURS = 4

export function judgeService(running: Running | undefined, maxUnanchoredMs: number): Line[] {
  if (running === undefined) return [warning('service', 'nothing runs on this home', 'npx flytrap up')]
  const { records, view } = running
  const fresh = view.isFresh
    ? ok('service', 'runs, with a fresh view of the chain')
    : failed('service', 'its view of the chain is stale: nobody is let in', 'See the lines about the chain.')
  return [fresh, judgeWaiting(records, maxUnanchoredMs)]
}

function judgeWaiting(
  { oldestUnanchored, unbatched, unanchored, trouble }: RecordsStatus,
  maxUnanchoredMs: number,
): Line {
  const waiting = `${unbatched + unanchored} records wait for the chain`
  const age = oldestUnanchored === null ? 0 : (now() - oldestUnanchored) * 1_000
  const left = (maxUnanchoredMs - age) / HOUR_MS
  const until = `anchoring.maxUnanchored is reached in ${left.toFixed(1)} h unless the oldest gets there`
  if (trouble !== null) {
    const say = left < FEW_HOURS ? failed : warning
    return say('anchoring', `${trouble} (${waiting}; ${until})`, 'npx flytrap status')
  }
  const what = oldestUnanchored === null ? 'nothing waits for the chain' : `${waiting}; ${until}`
  return left < FEW_HOURS ? failed('anchoring', what, 'npx flytrap status') : ok('anchoring', what)
}

export async function judgeBrokers(running: Running | undefined, config: Config): Promise<Line[]> {
  if (running !== undefined)
    return running.brokers.map(({ name, state, trouble }) =>
      state === 'up'
        ? ok('broker', `${name} is up`)
        : failed(
            'broker',
            `${name} is ${state}: ${trouble ?? 'no reason given'}`,
            'Start it, or take it out of FLYTRAP_BROKER_URL.',
          ),
    )
  if (config.FLYTRAP_BROKER_URL === undefined) return [ok('broker', 'one comes along, and starts with the service')]
  const { FLYTRAP_BROKER_PASSWORD_FILE: passwordFile, FLYTRAP_BROKER_CA_FILE: caFile } = config
  const targets = parseBrokerUrls(config.FLYTRAP_BROKER_URL, { passwordFile, caFile })
  return Promise.all(
    targets.map(async (target) =>
      (await probeAnonymousLogin(target)) === 'unreachable'
        ? failed('broker', `${nameOf(target)} does not answer`, 'Start it, or correct FLYTRAP_BROKER_URL.')
        : ok('broker', `${nameOf(target)} answers`),
    ),
  )
}

export async function judgeEvidence(where: string): Promise<Line> {
  try {
    const scan = await openEvidenceScan(where)
    const recorders = await scan.recorders().finally(() => scan.close())
    return ok('evidence', `the store can be read, with evidence of ${recorders.length} recorders`)
  } catch (error) {
    const { code, message } = describe(error)
    return failed('evidence', `${code}: ${message}`, 'Restore it from a backup, or correct FLYTRAP_EVIDENCE_URL.')
  }
}
