import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEvidenceStore } from '../../../records/store/open-store.ts'
import { describeEvidenceStore } from './evidence-store.suite.ts'

describeEvidenceStore('SQLite', async () => {
  const root = mkdtempSync(join(tmpdir(), 'flytrap-store-'))
  let dir = root
  return {
    open() {
      dir = mkdtempSync(join(root, 'store-'))
      return openEvidenceStore(join(dir, 'evidence.sqlite'))
    },
    reopen: () => openEvidenceStore(join(dir, 'evidence.sqlite')),
    where: () => join(dir, 'evidence.sqlite'),
    bytes: async () => Buffer.concat(readdirSync(dir).map((file) => readFileSync(join(dir, file)))),
    stop: async () => rmSync(root, { recursive: true }),
  }
})
