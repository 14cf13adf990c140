import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engineStore } from '../../gateway/audit-store/engine-store.ts'
import { openEngine } from '../../subgraph/engine/open-engine.ts'
import { engineOptions } from '../support/gateway.ts'
import { auditStoreSuite } from './audit-store.suite.ts'

auditStoreSuite('the engine', async ({ it }) => {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-store-'))
  const engine = openEngine(engineOptions(it, join(dir, 'history.sqlite')))
  await engine.start()
  return {
    store: engineStore(engine),
    async close() {
      await engine.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
})
