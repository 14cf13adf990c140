/** @module One mutant's fate: the Solidity tests, and where they see nothing, contract and fold side by side. */
import type { Mutant } from './patches.ts'
import type { Scratch } from './scratch.ts'

export type Verdict = { fate: 'killed'; by: string } | { fate: 'survived' } | { fate: 'broken'; why: string }

export const HARDHAT = 'node_modules/hardhat/dist/src/cli.js'

export type Judge = (scratch: Scratch) => Promise<Verdict>

/** Asks one judge after the other until one sees it. */
export async function judge(scratch: Scratch, mutant: Mutant, judges: readonly Judge[]): Promise<Verdict> {
  const applied = await scratch.run('git', 'apply', mutant.file)
  if (!applied.ok) return { fate: 'broken', why: applied.output }
  try {
    for (const ask of judges) {
      const verdict = await ask(scratch)
      if (verdict.fate !== 'survived') return verdict
    }
    return { fate: 'survived' }
  } finally {
    await scratch.run('git', 'apply', '-R', mutant.file)
  }
}

/** A mutant that does not compile proves nothing about the tests. */
export async function judgeBySolidity(scratch: Scratch): Promise<Verdict> {
  const compiled = await scratch.run(process.execPath, 'test/mutants/compile-artifact.ts')
  if (!compiled.ok) return { fate: 'broken', why: compiled.output.slice(-2_000) }
  // Most die of a plain test; random ones, which take longer, are asked about the rest.
  for (const some of [['--grep', 'test_'], []]) {
    const { ok, output } = await scratch.run(process.execPath, HARDHAT, 'test', 'solidity', '--no-compile', ...some)
    if (ok) continue
    if (!/\d+ failing/.test(output)) return { fate: 'broken', why: output.slice(-2_000) }
    const by = /^\s*1\) \S*?#?((?:test|invariant)\w+)/m.exec(output)?.[1]
    return { fate: 'killed', by: by ?? 'Solidity tests' }
  }
  return { fate: 'survived' }
}

export async function judgeByFold(scratch: Scratch): Promise<Verdict> {
  const generated = await scratch.run(process.execPath, 'contracts/generate.ts')
  if (!generated.ok) return { fate: 'broken', why: generated.output.slice(-2_000) }
  const { ok, output } = await scratch.run(process.execPath, 'test/fuzz/contract.ts')
  if (ok) return { fate: 'survived' }
  if (!/seed \d+, after \d+ deeds/.test(output)) return { fate: 'broken', why: output.slice(-2_000) }
  return { fate: 'killed', by: 'contract and fold agree after random deeds' }
}
