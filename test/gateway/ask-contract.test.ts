import { expect, test } from 'vitest'
import { type Rpc, RpcError } from '../../contracts/rpc/json-rpc.ts'
import { askContract } from '../../gateway/sign-in/ask-contract.ts'

const TO = `0x${'01'.repeat(20)}` as const
const saying = (reason: string): Rpc => ({
  name: 'a node',
  request: () => Promise.reject(new RpcError('RPC_ERROR', reason, { reason })),
})

test('a contract that reverts says no', async () => {
  expect(await askContract(saying('execution reverted'), { to: TO })).toBeUndefined()
})

test.each(['header not found', 'limit exceeded'])('a node that says "%s" has not answered', async (reason) => {
  await expect(askContract(saying(reason), { to: TO })).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' })
})
