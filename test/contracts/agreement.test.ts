import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeCall, explainRevert } from '../../contracts/abi/calls.ts'
import { compileFlyTrap } from '../../contracts/compile.ts'
import { generateAbi, generateEnums } from '../../contracts/generate.ts'
import { RpcError } from '../../contracts/rpc/json-rpc.ts'
import type { Hex } from '../../domain/bytes.ts'
import { parseRegisteredFilter } from '../../domain/topic-filter.ts'
import { startTestChain, type TestChain } from '../support/chain.ts'

interface FilterVectors {
  registrable: string[]
  refused: string[]
  refusedBytes: string[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/topic-filters.json', import.meta.url), 'utf8'),
) as FilterVectors

let it: TestChain
beforeAll(async () => {
  it = await startTestChain()
})
afterAll(() => it.stop())

/** Returns the custom error that registering would meet. An unowned but well-formed filter fails for its owner only. */
async function refusalOf(data: Hex): Promise<string | undefined> {
  const call = { from: it.owner.address, to: it.contract.address, data }
  return it.chain.rpc.request('eth_call', [call, 'latest']).then(
    () => undefined,
    (error: unknown) => (error instanceof RpcError ? explainRevert(error.data ?? '0x')?.error : String(error)),
  )
}

describe('the contract and domain agree', () => {
  test('on which filters can be registered', async () => {
    for (const filter of vectors.registrable) {
      expect([filter, parseRegisteredFilter(filter)]).toEqual([filter, filter])
      expect([filter, await refusalOf(encodeCall('registerTopic', [filter]))]).toEqual([filter, 'FlyTrapNotTopicOwner'])
    }
    for (const filter of vectors.refused) {
      expect([filter, parseRegisteredFilter(filter)]).toEqual([filter, undefined])
      expect([filter, await refusalOf(encodeCall('registerTopic', [filter]))]).toEqual([filter, 'FlyTrapInvalidFilter'])
    }
  })

  test('on ill-formed UTF-8: nobody registers it (RFC 3629 section 4)', async () => {
    for (const bytes of vectors.refusedBytes) {
      const padded = bytes.padEnd(64, '0')
      const length = (bytes.length / 2).toString(16).padStart(64, '0')
      const data = `${encodeCall('registerTopic', ['']).slice(0, 10)}${'20'.padStart(64, '0')}${length}${padded}` as Hex
      expect([bytes, await refusalOf(data)]).toEqual([bytes, 'FlyTrapInvalidFilter'])
    }
  })
})

describe('generated files', () => {
  test('are fresh: `npm run generate` would change nothing', () => {
    for (const [path, text] of Object.entries({ ...generateEnums(), ...generateAbi(compileFlyTrap()) })) {
      expect([path, readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8') === text]).toEqual([path, true])
    }
    // It compiles the contract, at whatever pace the machine has.
  }, 300_000)
})
