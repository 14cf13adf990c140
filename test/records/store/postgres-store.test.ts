import { readFileSync } from 'node:fs'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { openEvidenceStore } from '../../../records/store/open-store.ts'
import { findPostgres, startPostgres } from '../../support/postgres.ts'
import { batchOf, describeEvidenceStore } from './evidence-store.suite.ts'

const native = findPostgres()

if (native !== undefined) {
  describeEvidenceStore('PostgreSQL', async () => {
    const server = await startPostgres(native)
    let url = server.url
    let made = 0
    const admin = async (statement: string): Promise<{ oid: number }[]> => {
      const client = new Client({ connectionString: server.url })
      await client.connect()
      const { rows } = await client.query(statement)
      await client.end()
      return rows
    }
    return {
      async open() {
        const name = `store_${++made}`
        await admin(`CREATE DATABASE ${name}`)
        url = server.url.replace(/\/postgres$/, `/${name}`)
        return openEvidenceStore(url)
      },
      reopen: () => openEvidenceStore(url),
      where: () => url,
      // The write-ahead log turns over by itself and is the operator's to archive: tables are what must forget.
      async bytes() {
        await admin('CHECKPOINT')
        const [database] = await admin(`SELECT oid FROM pg_database WHERE datname = 'store_${made}'`)
        return Buffer.concat(server.tables(database?.oid ?? 0).map((file) => readFileSync(file)))
      },
      stop: () => server.stop(),
    }
  })
}

describe.runIf(native !== undefined)('a PostgreSQL that somebody dumps', () => {
  test('is not held up by an erasure that waits for the dump: that is tried again later', async () => {
    const server = await startPostgres(native as string)
    const store = await openEvidenceStore(server.url)
    await store.put(batchOf())
    const dump = new Client({ connectionString: server.url })
    await dump.connect()
    await dump.query('BEGIN; SELECT count(*) FROM evidence')
    const scrubbing = expect(store.scrub()).rejects.toMatchObject({ code: 'STORE_BUSY' })
    await store.put(batchOf({ firstSeq: 4 }))
    await scrubbing
    expect(await store.countOpen({ before: 2_000 })).toBe(6)
    await dump.query('COMMIT')
    await dump.end()
    await store.scrub()
    store.close()
    await server.stop()
  })
})

describe('a PostgreSQL that cannot be reached', () => {
  test('is refused with what to do, and without its password', async () => {
    const opening = openEvidenceStore('postgres://flytrap:hidden@127.0.0.1:9/none')
    await expect(opening).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
    await expect(opening).rejects.not.toThrow(/hidden/)
  })
})
