/** Holds the contract's own tests complete: no refusal untested, no mutant stale. */
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readMutants } from '../mutants/patches.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (pattern: string): string[] =>
  globSync(pattern, { cwd: ROOT }).map((path) => readFileSync(join(ROOT, path), 'utf8'))

describe('every custom error of the contract', () => {
  const errors = read('contracts/*.sol').flatMap((text) =>
    [...text.matchAll(/error (FlyTrap\w+)\(/g)].map(([, name]) => name),
  )
  const tests = read('contracts/test/**/*.sol').join('\n')

  test('has a test that expects it', () => {
    expect(errors.length).toBeGreaterThan(30)
    // As `refuses(IFlyTrap.X.selector, …)` or `expectRevert(abi.encodeWithSelector(IFlyTrap.X.selector, …))`.
    expect(errors.filter((name) => !tests.includes(`.${name}.selector`))).toEqual([])
  })
})

describe('the mutants', () => {
  const mutants = readMutants()

  test('still apply to the contract, each with a line that says what it breaks', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(30)
    expect(mutants.filter(({ breaks }) => !/^[A-Z0-9`].*\.$/.test(breaks))).toEqual([])
    const files = mutants.map(({ file }) => file)
    for (const file of files) execFileSync('git', ['apply', '--check', file], { cwd: ROOT })
  })

  test('break every module', () => {
    const modules = globSync('contracts/*.sol', { cwd: ROOT }).filter(
      (path) => !/\/(IFlyTrap|FlyTrap|Enums)\.sol$/.test(path),
    )
    const broken = mutants.map(({ file }) => readFileSync(file, 'utf8'))
    expect(modules.filter((path) => !broken.some((patch) => patch.includes(`+++ b/${path}`)))).toEqual([])
  })
})
