/**
 * @module Hardhat for the contract's own tests: the npm compiler, and for the contract the same settings as the deployed
 * code. The tests themselves are compiled the quick way.
 */
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { defineConfig } from 'hardhat/config'
import { SOLC_SETTINGS } from './contracts/compile.ts'

const require = createRequire(import.meta.url)

const version = '0.8.37'
const path = require.resolve('solc/soljson.js')
const quick = { version, path, settings: { evmVersion: SOLC_SETTINGS.evmVersion } }
const testFiles = readdirSync(join(import.meta.dirname, 'contracts/test'), {
  recursive: true,
  encoding: 'utf8',
}).filter((file) => file.endsWith('.sol'))

export default defineConfig({
  solidity: {
    compilers: [{ version, path, settings: SOLC_SETTINGS }],
    overrides: Object.fromEntries(testFiles.map((file) => [`contracts/test/${file}`, quick])),
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
      fsPermissions: { readDirectory: ['./test/vectors'] },
    },
  },
})
