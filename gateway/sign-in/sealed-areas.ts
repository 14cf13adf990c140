/** @module What is sealed because it touches a sealed topic's area: the head tells of each topic its own terms alone. */
import { areaOf, overlaps } from '../../domain/filter-overlap.ts'
import type { TopicFilter } from '../../domain/topic-filter.ts'
import { everyPage } from '../audit-store/every-page.ts'
import type { AuditStore } from '../audit-store/port.ts'
import type { Roles } from './roles.ts'

/** Roles whose `isSealed` goes by areas, as proxies do for the accesses that are looked at (domain/sealing.ts). */
export function withSealedAreas(roles: Roles, store: Pick<AuditStore, 'status' | 'topics'>): Roles {
  return {
    ...roles,
    isSealed: async (filter) => (await roles.isSealed(filter)) || (await touchesSealed(store, filter)),
  }
}

async function touchesSealed(store: Pick<AuditStore, 'status' | 'topics'>, filter: string): Promise<boolean> {
  const { head } = await store.status()
  // Nothing is known yet: rather one sealed record too many, since what is public stays so.
  if (head === undefined) return true
  for await (const page of everyPage((bounds) => store.topics({ isSealed: true }, bounds), head.number)) {
    if (page.some((topic) => overlaps(areaOf(topic.filter as TopicFilter, false), filter))) return true
  }
  return false
}
