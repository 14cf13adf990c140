import { describe, expect, test } from 'vitest'
import { findGraphNode } from '../support/graph-node.ts'
import { findPostgres } from '../support/postgres.ts'
import { runDifferential } from './differential/run.ts'

const graphNode = findGraphNode()
const postgres = findPostgres()

describe.skipIf(graphNode === undefined || postgres === undefined)('the engine and the real Graph Node', () => {
  test('hold the same history, field by field, at the head and at ten past blocks, after reorganisations', async () => {
    const seed = Number(process.env.FLYTRAP_SEED ?? 20_261_126)
    const options = { graphNode: graphNode ?? '', postgres: postgres ?? '', seed }
    const result = await runDifferential({ ...options, blocks: 40, reorganisations: 2, deepest: 4 })
    expect(result.differences.slice(0, 10), `FLYTRAP_SEED=${seed}`).toEqual([])
    // What was not there was not compared.
    expect(result.entities).toBeGreaterThan(700)
    expect(result.comparedInAll).toBeGreaterThan(3_000)
    expect(new Set(result.pastBlocks).size).toBeGreaterThan(5)
    expect(result.undone).toBeGreaterThanOrEqual(2)
    for (const name of OFTEN) expect([name, result.passed.has(name)]).toEqual([name, true])
  }, 300_000)
})

const OFTEN = ['registerTopic', 'setTerms', 'grant', 'purchase', 'acceptTransfer', 'recordBatch', 'authorizeDevice']
