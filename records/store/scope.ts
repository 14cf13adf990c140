/** @module Which rows an erasure reaches: what is in scope, still has its evidence, and is under no legal hold. Pure. */
import type { AnyColumn, SQL } from 'drizzle-orm'
import { and, eq, inArray, isNotNull, lte, not, sql } from '../drizzle.ts'
import type { LegalHold, Scope } from './port.ts'

export interface ScopeColumns {
  account: AnyColumn
  topicId: AnyColumn
  firstAt: AnyColumn
  lastAt: AnyColumn
  text: AnyColumn
}

/** Returns the condition of evidence in scope, erasable or held. */
export function inScope(columns: ScopeColumns, { account, topicIds, before, endedBy }: Scope): SQL {
  const conditions = [isNotNull(columns.text), lte(sql`coalesce(${columns.firstAt}, ${columns.lastAt})`, before)]
  if (endedBy !== undefined) conditions.push(lte(columns.lastAt, endedBy))
  if (account !== undefined) conditions.push(eq(columns.account, account))
  if (topicIds !== undefined) conditions.push(inArray(columns.topicId, [...topicIds]))
  return and(...conditions) as SQL
}

/** Returns the condition of what may be erased now. */
export function erasable(columns: ScopeColumns, scope: Scope, holds: readonly LegalHold[]): SQL {
  const standing = holds.filter(({ liftedAt }) => liftedAt === undefined).map((hold) => underHold(columns, hold))
  return and(inScope(columns, scope), ...standing.map((held) => not(held))) as SQL
}

/** A row that names no account is about none: compared as empty, since NULL would neither match nor miss. */
function underHold(columns: ScopeColumns, { account, topicId }: LegalHold): SQL {
  const conditions: SQL[] = []
  if (account !== undefined) conditions.push(sql`coalesce(${columns.account}, '') = ${account}`)
  if (topicId !== undefined) conditions.push(sql`coalesce(${columns.topicId}, '') = ${topicId}`)
  return (conditions.length === 0 ? sql`1 = 1` : and(...conditions)) as SQL
}
