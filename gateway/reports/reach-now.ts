/**
 * @module Lets a report reach up to now. A report ends where nothing can be missing any more, and the gateway's own recorder,
 * which writes little, would hold that back by up to a heartbeat. Writing costs a transaction: only for who has a role.
 */
import type { GatewayRecorder } from '../recorder/port.ts'
import { type Roles, rememberedRoles } from '../sign-in/roles.ts'
import { hasRole, type Reaching } from './has-role.ts'

const FRESH_SECONDS = 300
const TIMEOUT_MS = 60_000

/** Resolves once our watermark is of now, where it is worth it. Rejects RpcError or RecordsError: it ends earlier. */
export async function reachNow(
  { recorder, roles }: { recorder: GatewayRecorder; roles: Roles },
  about: Reaching,
  freshSeconds = FRESH_SECONDS,
): Promise<void> {
  const status = recorder.status()
  if (!status.isOpen || status.records.watermarkAge < freshSeconds) return
  if (await hasRole(rememberedRoles(roles), about)) await recorder.flush(TIMEOUT_MS)
}
