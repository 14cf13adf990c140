/** @module Which grants stand on a lawful basis: a record names its grant alone, so the basis is asked for as grants. */
import type { Address, Bytes32 } from '../../domain/bytes.ts'
import { everyPage } from '../audit-store/every-page.ts'
import type { AuditStore, RecordScope } from '../audit-store/port.ts'
import { refuse } from '../errors.ts'

/** SQLite takes 32,766 parameters. */
const MAX_GRANTS = 10_000

export interface BasisQuestion {
  lawfulBasis: string
  account?: Address
  topicId?: Bytes32
  scope?: RecordScope | undefined
}

/** Throws RESULT_TOO_LARGE. */
export async function grantsOfBasis(store: AuditStore, question: BasisQuestion, block: number): Promise<bigint[]> {
  const { lawfulBasis, account, topicId, scope } = question
  const topics = scope && new Set([...scope.topicIds, ...scope.withoutGrant])
  const where = { ...(account && { grantee: account }), ...(topicId && { topicId }) }
  const found: bigint[] = []
  for await (const page of everyPage((bounds) => store.grants(where, bounds), block)) {
    const wanted = page.filter((grant) => grant.lawfulBasis === lawfulBasis && (topics?.has(grant.topicId) ?? true))
    found.push(...wanted.map(({ number }) => number))
    if (found.length > MAX_GRANTS) {
      refuse('RESULT_TOO_LARGE', `More than ${MAX_GRANTS} grants stand on that basis. Name an account or a topic too.`)
    }
  }
  return found
}
