/** @module What is read of a record's evidence. What is not of the shape that recorders write is absent; its text is shown as it is. */

export interface EvidenceFields {
  names?: { name: string; count: number }[]
  /** How many came under names that were not kept. */
  unnamed?: number
  clientId?: string
  address?: string
  country?: string
  /** Of a sealed record: what was done, by number. */
  sealedAction?: number
}

export function fieldsIn(text: string): EvidenceFields {
  const value = parsed(text)
  const texts = ['clientId', 'address', 'country'].filter((key) => typeof value[key] === 'string')
  return {
    ...Object.fromEntries(texts.map((key) => [key, value[key]])),
    ...(Array.isArray(value.names) && value.names.every(isNamed) ? { names: value.names } : {}),
    ...sealedAction(value.sealed),
    ...(Number.isInteger(value.unnamed) ? { unnamed: value.unnamed as number } : {}),
  }
}

function sealedAction(facts: unknown): Pick<EvidenceFields, 'sealedAction'> {
  const { action } = (facts ?? {}) as { action?: unknown }
  return typeof action === 'number' ? { sealedAction: action } : {}
}

function isNamed(one: unknown): boolean {
  const { name, count } = (one ?? {}) as { name?: unknown; count?: unknown }
  return typeof name === 'string' && Number.isInteger(count)
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {} // no JSON: `text` shows it
  }
}
