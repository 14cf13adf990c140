/** @module drizzle in its CommonJS build: the other reads its package.json, 180 KB, anew for each of 125 files. */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const { and, asc, desc, eq, gt, gte, inArray, isNull, lt, lte, or } =
  require('drizzle-orm') as typeof import('drizzle-orm')
export const { drizzle } = require('drizzle-orm/better-sqlite3') as typeof import('drizzle-orm/better-sqlite3')
export const sqlite = require('drizzle-orm/sqlite-core') as typeof import('drizzle-orm/sqlite-core')
