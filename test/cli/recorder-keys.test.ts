import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openOrMakeHome } from '../../cli/home/home.ts'
import { type ChainPlace, prepareRecorders } from '../../cli/up/deployment.ts'

test('a recorder’s key that is missing beside its journal is asked for, never replaced', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-keys-'))
  try {
    const home = openOrMakeHome(join(dir, 'home'))
    writeFileSync(home.path('journal.sqlite'), 'what it holds')
    const deployment = { chainId: 31_337n, contract: `0x${'11'.repeat(20)}`, deployBlock: 0, embedded: true } as const
    // No node is asked: the refusal comes before anything is sent or written.
    const place = {} as ChainPlace
    await expect(prepareRecorders(home, deployment, place)).rejects.toMatchObject({
      code: 'KEY_MISSING',
      message: expect.stringMatching(/recorder\.key is missing.*Restore it.*npx flytrap recorder stop/),
    })
    expect(existsSync(home.path('keys', 'recorder.key'))).toBe(false)
    expect(readFileSync(home.path('journal.sqlite'), 'utf8')).toBe('what it holds')
  } finally {
    rmSync(dir, { recursive: true })
  }
})
