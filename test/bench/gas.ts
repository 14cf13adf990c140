/** @module `npm run bench -- gas [--json]`: what each operation costs on chain, beside the 2020 contract's figure. */
import FLYTRAP from '../../contracts/abi/FlyTrap.json' with { type: 'json' }
import { startTestChain } from '../support/chain.ts'

const asJson = process.argv.includes('--json')
/** Gas a record of the 2020 contract (DESIGN section 3). */
const IN_2020 = 28_878

function print(name: string, value: number, unit: string, comparedWith: string): void {
  const line = { name, value: Math.round(value), unit, comparedWith }
  console.log(
    asJson ? JSON.stringify(line) : `${name.padEnd(36)} ${String(line.value).padStart(10)} ${unit}  (${comparedWith})`,
  )
}

const it = await startTestChain()
const [device, recorder] = [await it.account(), await it.account()]
const now = (): number => Math.floor(Date.now() / 1_000) - 1
const gas = async (call: Promise<{ gasUsed: bigint }>): Promise<number> => Number((await call).gasUsed)

print('code size', FLYTRAP.deployedBytecode.length / 2 - 1, 'bytes', 'limit 24576 (EIP-170)')
print('register a first-level name', await gas(it.call('giveTopic', ['home', it.owner.address])), 'gas', 'one topic')
print('register below', await gas(it.call('registerTopic', ['home/#'])), 'gas', 'one topic')
print('grant one right', await gas(it.grant('home/#', device.address, 1)), 'gas', 'one grant')
print('grant both rights, one warm', await gas(it.grant('home/#', device.address, 3)), 'gas', 'two grants')
print('revoke one right', await gas(it.call('revoke', ['home/#', device.address, 1])), 'gas', 'one grant')
print('add a recorder', await gas(it.call('addRecorder', [recorder.address])), 'gas', 'one recorder')

await new Promise((resolve) => setTimeout(resolve, 2_100))
let seq = 1n
for (const count of [1, 1, 10, 100, 500, 1_500]) {
  const records = Buffer.alloc(count * 72)
  // Real records are mostly non-zero: accounts and ids cost more calldata than zeros.
  for (let i = 0; i < records.length; i++) records[i] = (i * 31) % 255 || 1
  const used = await gas(it.call('recordBatch', [seq, records, `0x${'ab'.repeat(32)}`, now(), now()], recorder.sender))
  seq += BigInt(count)
  const name = count === 1 && seq === 2n ? 'recordBatch of 1, the first' : `recordBatch of ${count}`
  print(name, used, 'gas', `${count} records`)
  print(`${name}, a record`, used / count, 'gas a record', `the 2020 contract: ${IN_2020}`)
}
await new Promise((resolve) => setTimeout(resolve, 1_100))
print(
  'heartbeat',
  await gas(it.call('recordBatch', [seq, '0x', `0x${'ab'.repeat(32)}`, now(), now()], recorder.sender)),
  'gas',
  'no record',
)
await it.stop()
process.exit(0)
