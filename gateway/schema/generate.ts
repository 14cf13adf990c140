/** @module `npm run generate`: writes the whole schema as clients see it. A test holds the file, so it changes only on purpose. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSchema, findBreakingChanges, printSchema } from 'graphql'
import { typeDefinitions } from './type-definitions.ts'

const PUBLISHED = fileURLToPath(new URL('./published.graphql', import.meta.url))

const schema = buildSchema(typeDefinitions)
// Two branches that were merged may have left it ill-formed: it is made anew.
const before = buildSchema(readFileSync(PUBLISHED, 'utf8'), { assumeValidSDL: true })
for (const { description } of findBreakingChanges(before, schema)) {
  process.stderr.write(`breaks clients: ${description}\n`)
}
writeFileSync(PUBLISHED, `${printSchema(schema)}\n`)
