/** Runs the page of code in docs/proofs.md as a reader would, against a real gateway and chain. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EvidenceStage, startEvidenceStage } from '../support/evidence-stage.ts'
import { tokenFor } from '../support/sign-in.ts'
import { hasTool } from '../support/tools.ts'

const hasPython = hasTool('python3', 'python3')

describe.skipIf(!hasPython)('docs/proofs.md', () => {
  let stage: EvidenceStage
  let script: string

  beforeAll(async () => {
    stage = await startEvidenceStage()
    const page = readFileSync(new URL('../../docs/proofs.md', import.meta.url), 'utf8')
    const [, code = ''] = /```python\n([\s\S]*?)```/.exec(page) ?? []
    script = join(stage.own.dir, 'check.py')
    writeFileSync(script, code)
  })
  afterAll(() => stage?.stop())

  const run = async (...more: string[]): Promise<string> => {
    const { gateway, it } = stage
    const { stdout } = await promisify(execFile)('python3', [script, gateway.url, it.chain.url, '1', ...more])
    return stdout
  }

  test('proves batches, head, rows and leaves to somebody who is not signed in', async () => {
    const out = await run()
    expect(out).not.toContain('FAILED')
    expect(out).toContain('passed the contract holds that head')
    expect(out.match(/leaf stands in the batch/g)).toHaveLength(4)
    expect(out).toContain('checked 1 batches, 4 records, 4 rows')
  })

  test('proves to an auditor that evidence is what was recorded then', async () => {
    const out = await run(await tokenFor(stage.gateway.url, stage.auditor))
    expect(out.match(/its evidence is what was recorded then/g)).toHaveLength(4)
    expect(out).toContain('"clientId":"oven"')
  })

  test('fails where the chain says otherwise: against another contract’s head', async () => {
    const { it, gateway } = stage
    const code = readFileSync(script, 'utf8').replace('"latest"]', `"0x${it.contract.deployBlock.toString(16)}"]`)
    const forged = join(stage.own.dir, 'older.py')
    writeFileSync(forged, code)
    const failed = promisify(execFile)('python3', [forged, gateway.url, it.chain.url, '1'])
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('FAILED the contract holds'),
    })
  })
})
