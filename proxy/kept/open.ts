/** @module All that is kept of sessions: one file a subject, shared by the processes of a home, since sessions move between them. */
import type { Logger } from 'pino'
import type { Bytes32 } from '../../domain/bytes.ts'
import type { Scope } from '../../records/store/port.ts'
import type { ChainView } from '../chain/chain-view.ts'
import { RELEASE_LINES } from '../unreleased.ts'
import { GROUP_LINES, isAbout } from './lines.ts'
import { KeptLists } from './lists.ts'

export interface KeptSessions {
  /** Shared subscriptions at the broker. */
  keptGroups: KeptLists
  /** Messages of QoS 2 that a broker holds until PUBREL. */
  keptReleases: KeptLists
}

/** Many packet identifiers of few names; of most sessions no more than that the broker holds nothing. */
const RELEASES = { maxSessions: 16_384, maxBytes: 64 * 1_024 }

interface Places {
  keptGroupsPath?: string
  keptReleasesPath?: string
}

export function openKeptSessions(
  { keptGroupsPath, keptReleasesPath }: Places,
  { chain, log }: { chain: Pick<ChainView, 'views'>; log: Logger },
): KeptSessions {
  const telling = {
    isAbout: (name: string, topicIds: readonly Bytes32[]) => isAbout(chain.views.newest, name, topicIds),
    log,
  }
  return {
    keptGroups: new KeptLists(keptGroupsPath, { kind: GROUP_LINES, ...telling }),
    keptReleases: new KeptLists(keptReleasesPath, { kind: RELEASE_LINES, ...telling, ...RELEASES }),
  }
}

/** Forgets what lies in the scopes. Throws the disk's error, or STORE_BUSY: some of it may be left. */
export function eraseKept({ keptGroups, keptReleases }: KeptSessions, scopes: readonly Scope[]): void {
  for (const lists of [keptGroups, keptReleases]) lists.erase(scopes)
}

export function closeKept({ keptGroups, keptReleases }: KeptSessions): void {
  for (const lists of [keptGroups, keptReleases]) lists.close()
}
