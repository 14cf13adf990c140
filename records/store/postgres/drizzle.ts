/** @module drizzle for PostgreSQL, in the same build as records/drizzle.ts and for the same reason. */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const { drizzle } = require('drizzle-orm/node-postgres') as typeof import('drizzle-orm/node-postgres')
export const { migrate } =
  require('drizzle-orm/node-postgres/migrator') as typeof import('drizzle-orm/node-postgres/migrator')
export const postgres = require('drizzle-orm/pg-core') as typeof import('drizzle-orm/pg-core')
