/**
 * @module `npm run fuzz -- graph-node`: a long random history with deep reorganisations before the engine and the real Graph
 * Node, and every entity compared. FLYTRAP_SEED plays it again, FLYTRAP_BLOCKS makes it shorter. `npm test` has a short form.
 */

import { runDifferential } from '../subgraph/differential/run.ts'
import { findGraphNode } from '../support/graph-node.ts'
import { findPostgres } from '../support/postgres.ts'

const BLOCKS = Number(process.env.FLYTRAP_BLOCKS ?? 1_000)
const ENTITIES = 20_000
const seed = Number(process.env.FLYTRAP_SEED ?? Date.now() % 2 ** 31)
const [graphNode, postgres] = [findGraphNode(), findPostgres()]
if (graphNode === undefined || postgres === undefined) process.exit(0) // said why

console.log(`seed ${seed}: play it again with FLYTRAP_SEED=${seed} npm run fuzz -- graph-node`)
const onProgress = (block: number): void => {
  if (block % 50 === 0) console.log(`${block} of ${BLOCKS} blocks`)
}
const extent = { blocks: BLOCKS, reorganisations: Math.ceil(BLOCKS / 50), deepest: 30 }
const result = await runDifferential({ graphNode, postgres, seed, onProgress, ...extent })
const { entities, pastBlocks, comparedInAll, undone, differences } = result
console.log(`${entities} entities at the head, ${comparedInAll} with blocks ${pastBlocks.join(', ')}; ${undone} undone`)
console.log(`differences: ${differences.length}\n${differences.slice(0, 20).join('\n')}`)
const isLongEnough = entities >= ENTITIES || process.env.FLYTRAP_BLOCKS !== undefined
if (!isLongEnough) console.error(`a history of ${entities} entities is too short: ${ENTITIES} are wanted`)
process.exit(differences.length === 0 && isLongEnough ? 0 : 1)
