/** @module The API's types: schema.graphql, and the denial reasons, whose names stand in domain alone. */
import { readFileSync } from 'node:fs'
import { DenialReason } from '../../domain/enums.ts'

const reasons = Object.entries(DenialReason)
  .filter(([name]) => name !== 'NONE')
  .map(([name, number]) => `"${number} on chain." ${name}`)

export const typeDefinitions = `${readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8')}
"Why an access was denied or a connection was cut: 1xx who is it, 2xx may it, 3xx limits and availability."
enum DenialReason { ${reasons.join(' ')} "A number from elsewhere." UNKNOWN }
`
