import { getAddress, hashMessage } from 'ethers'
import { SiweMessage } from 'siwe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestChain, type TestChain } from '../support/chain.ts'
import { type ChainGateway, startTestGateway } from '../support/gateway.ts'
import { nonceOf, send } from '../support/sign-in.ts'

/** Answers the magic value for the digest in its slot 0, 0xffffffff for others: eq(calldataload(4), sload(0)). */
const WALLET_CODE = '0x60043560005414601a5763ffffffff60e01b60005260206000f35b631626ba7e60e01b60005260206000f3'
const REVERTS = '0x60006000fd'
const ACCOUNT = getAddress(`0x${'c0de'.repeat(10)}`)

let it: TestChain
let gateway: ChainGateway
beforeAll(async () => {
  it = await startTestChain()
  gateway = await startTestGateway(it)
})
afterAll(async () => {
  await gateway?.stop()
  await it?.stop()
})

const become = (code: string) => it.chain.rpc.request('anvil_setCode', [ACCOUNT, code])
const accept = (digest: string) => it.chain.rpc.request('anvil_setStorageAt', [ACCOUNT, `0x${'00'.repeat(32)}`, digest])

async function messageFor(account: string): Promise<string> {
  const { host } = new URL(gateway.url)
  const fields = { domain: host, address: account, uri: `${gateway.url}/`, version: '1', chainId: 31_337 }
  const nonce = await nonceOf(gateway.url)
  return new SiweMessage({ ...fields, nonce, issuedAt: new Date().toISOString() }).prepareMessage()
}

describe('the sign-in of a contract wallet [EIP-1271]', () => {
  test('holds when the contract says at head that it signed, whatever the signature looks like', async () => {
    await become(WALLET_CODE)
    const message = await messageFor(ACCOUNT)
    await accept(hashMessage(message))
    const { status, body } = await send(gateway.url, { message, signature: '0x1234' })
    expect([status, body.account]).toEqual([200, ACCOUNT])
  })

  test('is refused for a text that the contract did not sign, and for a contract that reverts', async () => {
    await become(WALLET_CODE)
    const message = await messageFor(ACCOUNT)
    await accept(hashMessage('another text'))
    const refused = { status: 401, body: { errors: [{ extensions: { code: 'SIGN_IN_REFUSED' } }] } }
    expect(await send(gateway.url, { message, signature: '0x1234' })).toMatchObject(refused)
    await become(REVERTS)
    expect(await send(gateway.url, { message, signature: '0x1234' })).toMatchObject(refused)
    await become('0x')
    expect(await send(gateway.url, { message, signature: '0x1234' })).toMatchObject(refused)
  })
})
