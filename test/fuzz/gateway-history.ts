/** @module `npm run fuzz -- gateway-history`: every test of the gateway again, over the real Graph Node instead of our engine. */
import { spawnSync } from 'node:child_process'

const env = { ...process.env, FLYTRAP_TEST_HISTORY: 'graph-node' }
const args = ['vitest', 'run', 'test/gateway', '--testTimeout=120000', '--hookTimeout=180000']
process.exit(spawnSync('npx', args, { stdio: 'inherit', env }).status ?? 1)
