/** @module Erasures and legal holds, as the running `up` carries them out for the commands. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import type { ErasureCertificate, ErasureOrder } from '../../records/erasure/order.ts'
import type { Records } from '../../records/port.ts'
import type { ControlHandlers } from './control.ts'

const hex = (digits: number) => z.string().regex(new RegExp(`^0x[0-9a-f]{${digits}}$`))
const list = z
  .string()
  .transform((text) => text.split(',').filter(Boolean))
  .pipe(z.array(hex(64)))
const Order = z.object({ account: hex(40).optional(), topicIds: list.optional(), purposes: list.optional() })
const Hold = z.object({ account: hex(40).optional(), topicId: hex(64).optional(), reason: z.string().min(1).max(500) })

export interface OtherRecorders {
  /** Has the other recorders of this home carry it out too. */
  obey(): Promise<unknown>
}

export const erasureHandlers = (records: Records, others: OtherRecorders): ControlHandlers => ({
  erase: async (given) => {
    const order = orderOf(given)
    const certificate = await records.erase(order)
    // Who does not answer obeys later: until then the certificate is pending.
    await others.obey().catch(() => {})
    return (await records.certificates()).find(({ erasure }) => erasure.id === certificate.erasure.id) ?? certificate
  },
  erasures: async () => ({ certificates: await records.certificates() }),
  holds: async () => ({ holds: await records.store.holds() }),
  hold: async (given) => {
    const { account, topicId, reason } = Hold.parse(Object.fromEntries(given))
    const about = {
      ...(account === undefined ? {} : { account: account as Address }),
      ...(topicId === undefined ? {} : { topicId: topicId as Bytes32 }),
    }
    const hold = { id: randomUUID(), ...about, reason, since: now() }
    await records.store.putHold(hold)
    return hold
  },
  'hold-lift': async (given) => {
    const hold = (await records.store.holds()).find(({ id }) => id === given.get('id'))
    if (hold === undefined) return { lifted: false }
    await records.store.putHold({ ...hold, liftedAt: now() })
    return { lifted: true }
  },
})

function orderOf(given: URLSearchParams): ErasureOrder {
  const { account, topicIds, purposes = [] } = Order.parse(Object.fromEntries(given))
  const rest = { purposes: purposes as Bytes32[] }
  if (account !== undefined) return { ground: 'subject', account: account as Address, ...rest }
  if (topicIds !== undefined && topicIds.length > 0)
    return { ground: 'topic-owner', topicIds: topicIds as Bytes32[], ...rest }
  throw new RangeError('an erasure names an account or a topic')
}

const now = (): number => Math.floor(Date.now() / 1_000)

export type ShownCertificates = { certificates: ErasureCertificate[] }
