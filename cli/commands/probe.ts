/**
 * @module `flytrap probe`: the canary. It signs in as a device of its own and demands its own record on chain: a proxy
 * that lets packets through and records nothing is found out so, by whoever may connect.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import colors from 'picocolors'
import { readEvents } from '../../contracts/rpc/logs.ts'
import { showTime } from '../../domain/amounts.ts'
import type { Address } from '../../domain/bytes.ts'
import { Action, Outcome } from '../../domain/enums.ts'
import { unpackAccess } from '../../domain/packed.ts'
import { type ChainContext, type GlobalOptions, notRunning, openChain, readEndpoints } from '../context.ts'
import { connectWithCredential } from '../demo/device.ts'
import { CliError, usage } from '../errors.ts'
import { findOrMakeKey } from '../home/keys.ts'
import { withProgress } from '../terminal/progress.ts'
import { now, parseDuration } from '../times.ts'

export interface ProbeOptions extends GlobalOptions {
  within?: string
}

const LOOK_MS = 500
const KEY = 'probe'

export async function probe({ within = '1m', ...options }: ProbeOptions): Promise<void> {
  const patience = parseDuration(within)
  if (patience === undefined) throw usage('--within takes a time such as 30s or 5m.')
  const context = await openChain(options)
  const { home, output, deployment } = context
  const url = readEndpoints(home)?.mqtt
  if (url === undefined || url === null) throw notRunning()
  const key = findOrMakeKey(home, KEY)
  const clientId = `probe-${randomBytes(6).toString('hex')}`
  const fromBlock = Number(await context.rpc.request<string>('eth_blockNumber')) + 1
  const askedAt = now()
  const client = await connectWithCredential({ url, deployment, key, clientId })
  await client.endAsync()
  const search = findRecord(context, { account: key.address, fromBlock, askedAt, patience })
  const record = await withProgress(output, 'let in; waiting for its record', search)
  const seconds = now() - askedAt
  const place = `recorder ${record.recorderId}, sequence ${record.seq}`
  output.line(`${colors.green('✓')} the probe was let in, and its record is on chain after ${seconds} s: ${place}`)
  output.result({ clientId, account: key.address, recorderId: record.recorderId, sequence: record.seq, seconds })
}

interface Search {
  account: Address
  fromBlock: number
  /** Unix seconds. */
  askedAt: number
  /** Seconds. */
  patience: number
}

/** Rejects PROBE_UNRECORDED. */
async function findRecord({ rpc, deployment }: ChainContext, { account, fromBlock, askedAt, patience }: Search) {
  const who = `0x${account.slice(2).padStart(64, '0')}` as const
  for (;;) {
    const toBlock = Number(await rpc.request<string>('eth_blockNumber'))
    const range = { address: deployment.contract, fromBlock, toBlock, names: ['Access'] as const, indexed: [who] }
    for await (const events of readEvents(rpc, range)) {
      for (const event of events) {
        if (event.name !== 'Access') continue
        const record = unpackAccess(event.args.account, event.args.topicId, event.args.packed)
        const isIt = record.action === Action.CONNECT && record.outcome === Outcome.ALLOWED
        if (isIt && record.firstAt >= askedAt - 1) return record
      }
    }
    if (now() - askedAt > patience) {
      const remedy =
        'Records may wait (npx flytrap status); wait longer with: npx flytrap probe --within 15m. If it never comes, the proxy let somebody in and recorded nothing.'
      const what = `The probe was let in at ${showTime(askedAt)}, and no record of it is on chain after ${patience} s.`
      throw new CliError('PROBE_UNRECORDED', `${what} ${remedy}`)
    }
    await sleep(LOOK_MS)
  }
}
