/** @module Hardhat for the contract's own tests: the npm compiler, the same settings as the deployed code. */
import { createRequire } from 'node:module'
import { defineConfig } from 'hardhat/config'
import { SOLC_SETTINGS } from './contracts/compile.ts'

const require = createRequire(import.meta.url)

export default defineConfig({
  solidity: {
    version: '0.8.37',
    path: require.resolve('solc/soljson.js'),
    settings: SOLC_SETTINGS,
  },
  paths: {
    sources: './contracts',
    tests: { solidity: './contracts/test' },
    artifacts: './contracts/artifacts',
    cache: './contracts/cache',
  },
  networks: { default: { type: 'edr-simulated', chainType: 'l1', hardfork: 'prague' } },
  test: {
    solidity: {
      fuzz: { runs: 256 },
      invariant: { runs: 32, depth: 48, failOnRevert: true },
      fsPermissions: { readFile: ['./test/vectors'] },
    },
  },
})
