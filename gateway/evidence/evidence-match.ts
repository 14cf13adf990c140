/** @module Whether a record is about the topic that was asked for, by the names in its evidence, as reports judge it. Pure. */
import { Action, enumName } from '../../domain/enums.ts'
import { overlaps } from '../../domain/filter-overlap.ts'
import { parseSubscription, type TopicFilter } from '../../domain/topic-filter.ts'
import type { EvidenceFields } from './fields.ts'

/** Others name records or nothing: a DISCLOSE is about its topic, whatever it shows. */
const NAMING = ['SUBSCRIBE', 'PUBLISH', 'DELIVER', 'WILL']

/** Returns null where evidence names no topic. `action` as the chain tells it, of a sealed record nothing. */
export function evidenceMatch(
  asked: TopicFilter,
  action: string,
  { names, unnamed = 0, sealedAction = 0 }: EvidenceFields,
): 'CERTAIN' | 'POSSIBLE' | 'OTHER' | null {
  const isNaming = NAMING.includes(action) || NAMING.includes(enumName(Action, sealedAction) ?? '')
  if (names === undefined || !isNaming) return null
  if (names.some(({ name }) => overlaps(parseSubscription(name) ?? name, asked))) return 'CERTAIN'
  return unnamed > 0 ? 'POSSIBLE' : 'OTHER'
}
