/**
 * @module A report shown to its requester: the rights are those of the head, asked anew each time, and that it is shown is
 * on disk before it is.
 */
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import { refuse } from '../errors.ts'
import { roleOf } from '../evidence/evidence-desk.ts'
import type { Disclosure, GatewayRecorder, ShownReport } from '../recorder/port.ts'
import { type Role, type Roles, rememberedRoles } from '../sign-in/roles.ts'
import type { Opened } from './report.ts'

export interface Showing {
  viewer: Address
  reportHash: Bytes32
  opened: readonly Opened[]
}

const ENDED =
  'It carries evidence that you may not see any more: your role on one of its topics has ended. Ask for a new one, which withholds it.'

/** Resolves once it is on record. Rejects NOT_ENTITLED, RecordsError, or RpcError: show nothing. */
export async function showReport(
  { recorder, roles }: { recorder: GatewayRecorder; roles: Roles },
  showing: Showing,
): Promise<void> {
  const judged = await judge(rememberedRoles(roles), showing)
  const { viewer } = showing
  for (const [role, reports] of Map.groupBy(judged, (one) => one.role)) {
    await recorder.disclose({ viewer, role, records: [], reports } satisfies Disclosure)
  }
}

function judge(roles: Roles, { viewer, reportHash, opened }: Showing): Promise<(ShownReport & { role: Role })[]> {
  return Promise.all(
    opened.map(async ({ topicId, filter, isOwn, isSealed: wasSealed = true }) => {
      const about = { account: isOwn ? viewer : NOBODY, filter: filter ?? undefined }
      const role = (await roleOf(roles, viewer, about)) ?? refuse('NOT_ENTITLED', ENDED)
      const isSealed = wasSealed || (filter !== null && (await roles.isSealed(filter)))
      return { reportHash, topicId, isSealed, role }
    }),
  )
}

/** Whose evidence it is does not matter to owners and auditors. */
const NOBODY: Address = `0x${'00'.repeat(20)}`
