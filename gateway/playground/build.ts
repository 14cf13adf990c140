/** @module Bundles the playground. */
import { join } from 'node:path'
import { bundle } from '../bundle.ts'

const HERE = import.meta.dirname

await bundle({
  name: 'the playground',
  dist: join(HERE, 'dist'),
  inputs: [HERE],
  packages: ['graphiql', 'react'],
  config: {
    root: HERE,
    base: '/playground/',
    build: { outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 10_000 },
    worker: { format: 'es' },
  },
})
