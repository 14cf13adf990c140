/** @module Bundles the owners' pages' scripts: one small module a page, what they share beside them. */
import { join, resolve } from 'node:path'
import type { Plugin } from 'vite'
import { bundle } from '../bundle.ts'

const HERE = import.meta.dirname
const ROOT = resolve(HERE, '../..')
const ENTRIES = ['topics', 'topic', 'income', 'devices', 'sign-in', 'read']

/** Browsers deploy no contract. */
const withoutBytecode: Plugin = {
  name: 'abi-without-bytecode',
  transform: {
    order: 'pre',
    handler: (code, id) =>
      id.endsWith('/contracts/abi/FlyTrap.json') ? JSON.stringify({ abi: JSON.parse(code).abi }) : undefined,
  },
}

await bundle({
  name: 'the pages',
  dist: join(HERE, 'dist'),
  inputs: [
    ...[HERE, join(HERE, 'browser'), join(ROOT, 'gateway/bundle.ts'), join(ROOT, 'reports/texts/visible.ts')],
    ...['domain', 'contracts/abi', 'contracts/rpc'].map((folder) => join(ROOT, folder)),
  ],
  packages: ['preact', 'htm', 'ethers'],
  config: {
    root: HERE,
    base: '/pages/',
    plugins: [withoutBytecode],
    build: {
      outDir: join(HERE, 'dist'),
      emptyOutDir: true,
      manifest: 'manifest.json',
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: Object.fromEntries(ENTRIES.map((name) => [name, join(HERE, 'browser', `${name}.ts`)])),
      },
    },
  },
})
