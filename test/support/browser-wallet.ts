/**
 * @module A browser wallet with a real key on a real chain: announces itself by EIP-6963, signs what it is asked, and says
 * no when it is told to. What it does it does outside the page, as an extension does.
 */
import { type TypedDataDomain, type TypedDataField, Wallet } from 'ethers'
import type { Page } from 'playwright-core'
import { RpcError } from '../../contracts/rpc/json-rpc.ts'
import { pendingNonce, suggestFees } from '../../contracts/rpc/transact.ts'
import type { Hex } from '../../domain/bytes.ts'
import type { Account, TestChain } from './chain.ts'

export interface BrowserWallet {
  /** What the page asked of it, in order. */
  asked: string[]
  /** The chain that it is on; it starts on another. */
  chainId: bigint
  /** Chains that it can switch to; empty until they are added. */
  known: Set<bigint>
  /** Refuses the next request of this method, as a person who says no. */
  declineNext: string | undefined
  /** What each transaction and text that it signed was, as the page gave it. */
  signed: unknown[]
}

interface Request {
  method: string
  params?: unknown[]
}

export async function giveWallet(page: Page, it: TestChain, account: Account): Promise<BrowserWallet> {
  const wallet: BrowserWallet = { asked: [], chainId: 1n, known: new Set(), declineNext: undefined, signed: [] }
  await page.exposeFunction('askTestWallet', async ({ method, params = [] }: Request) => {
    wallet.asked.push(method)
    try {
      return { result: await answer(wallet, it, account, { method, params }) }
    } catch (error) {
      if (error instanceof Refusal) return { error: { code: error.code, message: error.message } }
      // Wallets wrap the node's answer so.
      if (error instanceof RpcError)
        return {
          error: {
            code: -32603,
            message: 'Internal JSON-RPC error.',
            data: { message: error.reason, data: error.data },
          },
        }
      throw error
    }
  })
  await page.addInitScript(announce)
  return wallet
}

class Refusal extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

async function answer(
  wallet: BrowserWallet,
  it: TestChain,
  account: Account,
  { method, params = [] }: Request,
): Promise<unknown> {
  if (wallet.declineNext === method) {
    wallet.declineNext = undefined
    throw new Refusal(4001, 'User rejected the request.')
  }
  const [first] = params as Record<string, string>[]
  switch (method) {
    case 'eth_accounts':
    case 'eth_requestAccounts':
      return [account.address]
    case 'eth_chainId':
      return `0x${wallet.chainId.toString(16)}`
    case 'wallet_switchEthereumChain':
      if (!wallet.known.has(BigInt(first?.chainId ?? 0))) throw new Refusal(4902, 'Unrecognized chain ID.')
      wallet.chainId = BigInt(first?.chainId ?? 0)
      return null
    case 'wallet_addEthereumChain':
      wallet.known.add(BigInt(first?.chainId ?? 0))
      return null
    case 'eth_sendTransaction':
      wallet.signed.push(first)
      return send(it, account, first ?? {})
    case 'personal_sign':
      wallet.signed.push(Buffer.from(String(params[0]).slice(2), 'hex').toString())
      return new Wallet(account.key).signMessage(Buffer.from(String(params[0]).slice(2), 'hex'))
    case 'eth_signTypedData_v4':
      wallet.signed.push(JSON.parse(String(params[1])))
      return signTyped(account, String(params[1]))
    default:
      return it.chain.rpc.request(method, params)
  }
}

async function send(
  it: TestChain,
  { sender }: Account,
  { to, data, value = '0x0', gas = '0x0' }: Record<string, string>,
) {
  const { rpc, chainId } = it.chain
  const nonce = await pendingNonce(rpc, sender.address)
  const call = { to: to as Hex, data: data as Hex, value: BigInt(value), gas: BigInt(gas) }
  return rpc.request<Hex>('eth_sendRawTransaction', [
    sender.sign({ ...call, nonce, chainId, ...(await suggestFees(rpc)) }),
  ])
}

function signTyped({ key }: Account, text: string): Promise<string> {
  const { domain, types, message } = JSON.parse(text) as {
    domain: TypedDataDomain
    types: Record<string, TypedDataField[]>
    message: Record<string, unknown>
  }
  const { EIP712Domain: _, ...structs } = types // ethers makes it itself
  return new Wallet(key).signTypedData(domain, structs, message)
}

/** Runs in the page. */
function announce(): void {
  interface Answer {
    result?: unknown
    error?: { code: number; message: string; data?: unknown }
  }
  const ask = (window as unknown as { askTestWallet(request: unknown): Promise<Answer> }).askTestWallet
  const provider = {
    async request(request: unknown) {
      const { result, error } = await ask(request)
      if (error !== undefined) throw Object.assign(new Error(error.message), error)
      return result
    },
  }
  const icon =
    'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>'
  const info = {
    uuid: '350670db-19fa-4704-a166-e52e178b59d2',
    name: 'Test <b>wallet</b>',
    icon,
    rdns: 'org.example.wallet',
  }
  const tell = (): boolean =>
    window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }))
  window.addEventListener('eip6963:requestProvider', tell)
  tell()
}
