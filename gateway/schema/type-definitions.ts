/** @module The API's types: schema.graphql, and the denial reasons, whose names stand in domain alone. */
import { readFileSync } from 'node:fs'
import { DenialReason } from '../../domain/enums.ts'

const names = Object.keys(DenialReason).filter((name) => name !== 'NONE')

export const typeDefinitions = `${readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8')}
"Why an access was denied or a connection was cut. UNKNOWN is a number from elsewhere."
enum DenialReason { ${[...names, 'UNKNOWN'].join(' ')} }
`
