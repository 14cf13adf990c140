/**
 * @module `npm run fuzz -- engine-kills`: an engine is killed again and again at random instants while it indexes a long
 * history, and in the end holds what an engine holds that was never killed. FLYTRAP_KILLS says how often.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEngine } from '../../subgraph/engine/open-engine.ts'
import type { EntityRow, IndexedBlock } from '../../subgraph/engine/port.ts'
import { startRecordedWorld } from '../bench/engine/chain.ts'
import { silent } from '../support/chain.ts'
import { killEngine } from '../support/kill-engine.ts'

const KILLS = Number(process.env.FLYTRAP_KILLS ?? 100)
const RECORDS_A_KILL = 500

const dir = mkdtempSync(join(tmpdir(), 'flytrap-kills-'))
const { world, write } = await startRecordedWorld()
await write(KILLS * RECORDS_A_KILL)
const buildDir = new URL('../../subgraph/build', import.meta.url).pathname
const optionsOf = (name: string) => {
  const place = { rpcUrl: world.url, contract: world.contract, chainId: 31_337n, deployBlock: 1 }
  return { ...place, buildDir, dbPath: join(dir, `${name}.sqlite`), log: silent }
}

let [kills, block] = [0, 0]
for (; kills < KILLS; kills++) {
  const { block: told, wasAtWork } = await killEngine(optionsOf('killed'), {
    atBlock: block,
    afterMs: Math.random() * 8,
  })
  if (!wasAtWork) break
  block = Math.max(block, told) + 1
  if (kills % 10 === 9) console.log(`${kills + 1} kills, at block ${told}`)
}
const [killed, whole] = [await entitiesOf('killed'), await entitiesOf('whole')]
world.stop()
rmSync(dir, { recursive: true, force: true })
console.log(`${kills} kills while it worked; ${whole.length} records, the killed one ${killed.length}`)
const different = whole.findIndex((text, i) => text !== killed[i])
if (killed.length !== whole.length || different !== -1) {
  console.error(`they differ from record ${different} on: ${whole[different]} and ${killed[different]}`)
  process.exit(1)
}
process.exit(kills >= Math.min(KILLS, 20) ? 0 : 1)

async function entitiesOf(name: string): Promise<string[]> {
  const engine = openEngine(optionsOf(name))
  await engine.start()
  const rows: EntityRow[] = []
  for (const entity of ['AccessRecord', 'Batch', 'Recorder', 'RecorderAccount']) {
    rows.push(...engine.query(entity, { orderBy: 'id', direction: 'asc', first: 1_000_000 }))
  }
  const head: IndexedBlock | undefined = engine.status().head
  await engine.stop()
  return [JSON.stringify(head), ...rows.map((row) => JSON.stringify(row, plain))]
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
