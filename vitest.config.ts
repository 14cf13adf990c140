import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**', 'node_modules/**'],
    pool: 'forks',
    // What is printed is compared as text; where CI is set colours would be on.
    env: { NO_COLOR: '1' },
    maxWorkers: 2,
    maxConcurrency: 25,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
