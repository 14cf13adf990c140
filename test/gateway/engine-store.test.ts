import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engineSource } from '../../gateway/audit-store/engine-source.ts'
import { entityStore } from '../../gateway/audit-store/entity-store.ts'
import { openEngine } from '../../subgraph/engine/open-engine.ts'
import { engineOptions } from '../support/gateway.ts'
import { auditStoreSuite } from './audit-store.suite.ts'

auditStoreSuite('the engine', async ({ it }) => {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-store-'))
  const engine = openEngine(engineOptions(it, join(dir, 'history.sqlite')))
  await engine.start()
  return {
    store: entityStore(engineSource(engine)),
    async close() {
      await engine.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
})
