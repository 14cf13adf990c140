/** @module The context of one request: what is asked once, by whom, and for how long. */
import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import { remembered } from '../audit-store/remembered.ts'
import { createEvidenceDesk } from '../evidence/evidence-desk.ts'
import { createPurposeDesk } from '../evidence/purpose-desk.ts'
import { fairStore } from '../limits/fair-store.ts'
import type { GatewayRecorder } from '../recorder/port.ts'
import { createRoles, rememberedRoles } from '../sign-in/roles.ts'
import { withSealedAreas } from '../sign-in/sealed-areas.ts'
import type { Sessions } from '../sign-in/sessions.ts'
import { sessionOf, standingSession } from '../sign-in/viewer.ts'
import type { Foundation, GatewayContext } from './context.ts'

/** Throws SIGN_IN_EXPIRED, unless a session that ended shall count as none: pages then show what is public. */
export type ContextOf = (request: FastifyRequest, how?: { isStrict: boolean }) => GatewayContext

export function contextPerRequest(
  { rpc, ...foundation }: Foundation,
  { sessions, limitMs }: { sessions: Sessions; limitMs: number },
): ContextOf {
  const atHead = createRoles(rpc, foundation.contract)
  return (request, { isStrict } = { isStrict: true }) => {
    const session = isStrict ? sessionOf(request, sessions) : standingSession(request, sessions)
    const recorder = { ...foundation.recorder, store: rememberedBatches(foundation.recorder.store) }
    const store = remembered(fairStore(foundation.store, limitMs))
    const roles = rememberedRoles(withSealedAreas(atHead, store))
    const place = { store, recorder, roles, viewer: session?.account }
    const client = { address: normalizeIP(request.ip, 64), wasAuditor: session?.wasAuditor ?? false }
    return { ...foundation, ...place, client, evidence: createEvidenceDesk(place), purposes: createPurposeDesk(place) }
  }
}

/** A page's rows stand in few batches, and each has up to 1,500 leaves. */
function rememberedBatches(store: GatewayRecorder['store']): GatewayRecorder['store'] {
  const known = new Map<string, ReturnType<typeof store.batch>>()
  return {
    ...store,
    batch(recorderId, firstSeq) {
      const key = `${recorderId}/${firstSeq}`
      const answer = known.get(key) ?? store.batch(recorderId, firstSeq)
      known.set(key, answer)
      return answer
    },
  }
}
