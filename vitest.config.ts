import { defineConfig } from 'vitest/config'
import { LongFirst } from './test/support/long-first.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**', 'node_modules/**'],
    globalSetup: 'test/support/scratch.ts',
    pool: 'forks',
    sequence: { sequencer: LongFirst },
    // What is printed is compared as text; where CI is set colours would be on.
    env: { NO_COLOR: '1' },
    // Twice the two cores that are reckoned with: most tests wait for a chain, a disk or a broker.
    maxWorkers: 4,
    maxConcurrency: 25,
    // Patience is no limit of speed: what is waited for comes at once where the machine is not busy.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 45_000 } },
  },
})
