/**
 * @module The real contract on a chain of its own, made for many deeds: accounts that need no signature, many transactions
 * a block, and a clock that jumps between blocks.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Wallet } from 'ethers'
import { decodeResult, encodeCall, encodeDeployment } from '../../../contracts/abi/calls.ts'
import { type ContractEvent, decodeLog, type RpcLog } from '../../../contracts/abi/events.ts'
import { findAnvil, spawnAnvil } from '../../../contracts/devchain/anvil.ts'
import type { Hex } from '../../../domain/bytes.ts'
import { freePort } from '../../support/chain.ts'

export interface Deed {
  name: string
  args: readonly unknown[]
  from: Hex
  value?: bigint
}

export interface Told {
  event: ContractEvent
  deed: Deed
}

export interface World {
  url: string
  contract: Hex
  /** The first owns the contract. All can sign. */
  accounts: readonly { address: Hex; wallet: Wallet }[]
  /** Of the latest block, Unix seconds. */
  time: number
  /** Mines the deeds in one block, `seconds` after the last. Returns what each brought about, and which went through. */
  mine(deeds: readonly Deed[], seconds: number): Promise<{ events: Told[]; passed: boolean[] }>
  /** Calls view functions, all at the latest block. Answers of one call are a list. */
  ask(calls: readonly { name: string; args: readonly unknown[] }[]): Promise<unknown[][]>
  balance(): Promise<bigint>
  /** Remembers this moment. Returns what goes back to it, once: later blocks are gone, as in a reorganisation. */
  mark(): Promise<() => Promise<void>>
  stop(): void
}

const GAS = '0x100000'
const RICH = `0x${(10n ** 24n).toString(16)}`
/** Calls sent at once; the node answers one HTTP request for all. */
const AT_ONCE = 500

export async function startWorld(keys: readonly Hex[]): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'flytrap-world-'))
  const port = await freePort()
  const common = { binary: findAnvil(), loadState: undefined, onLine: () => undefined }
  const anvil = await spawnAnvil({ ...common, port, pidFile: join(dir, 'anvil.pid') })
  const url = `http://127.0.0.1:${port}`
  const accounts = keys.map((key) => {
    const wallet = new Wallet(key)
    return { address: wallet.address.toLowerCase() as Hex, wallet }
  })
  const nonces = new Map<Hex, number>()
  await batch(url, [
    ['anvil_autoImpersonateAccount', [true]],
    ...accounts.map(({ address }): Call => ['anvil_setBalance', [address, RICH]]),
  ])
  const owner = accounts[0]!.address
  nonces.set(owner, 1)
  await batch(url, [['evm_setAutomine', [false]]])
  const deployment = { from: owner, data: encodeDeployment(owner), gas: '0x1000000' }
  const [hash] = await batch<Hex>(url, [['eth_sendTransaction', [deployment]]])
  await batch(url, [['evm_mine', []]])
  const [receipt] = await batch<{ contractAddress: Hex }>(url, [['eth_getTransactionReceipt', [hash]]])
  const [block] = await batch<{ timestamp: Hex }>(url, [['eth_getBlockByNumber', ['latest', false]]])
  const contract = receipt!.contractAddress.toLowerCase() as Hex

  const world: World = {
    url,
    contract,
    accounts,
    time: Number(block!.timestamp),
    async mine(deeds, seconds) {
      const sent = await batch<Hex>(
        url,
        deeds.map((deed) => transactionOf(contract, deed, nonces)),
      )
      world.time += seconds
      await batch(url, [['evm_setNextBlockTimestamp', [world.time]]])
      await batch(url, [['evm_mine', []]])
      const receipts = await batch<{ status: Hex; logs: RpcLog[] } | null>(
        url,
        sent.map((hash): Call => ['eth_getTransactionReceipt', [hash]]),
      )
      const [{ number } = { number: '' }] = await batch<{ number: Hex }>(url, [
        ['eth_getBlockByNumber', ['latest', false]],
      ])
      const filter = { address: contract, fromBlock: number, toBlock: number }
      const [logs = []] = await batch<RpcLog[]>(url, [['eth_getLogs', [filter]]])
      const events = logs.map((log) => ({ event: decodeLog(log)!, deed: deeds[sent.indexOf(log.transactionHash)]! }))
      return { events, passed: receipts.map((r) => r!.status === '0x1') }
    },
    async ask(calls) {
      const answers: unknown[][] = []
      for (let i = 0; i < calls.length; i += AT_ONCE) {
        const some = calls.slice(i, i + AT_ONCE)
        const asked = some.map(
          ({ name, args }): Call => ['eth_call', [{ to: contract, data: encodeCall(name, args) }, 'latest']],
        )
        const results = await batch<Hex>(url, asked)
        answers.push(...results.map((data, k) => decodeResult(some[k]!.name, data)))
      }
      return answers
    },
    balance: async () => BigInt((await batch<Hex>(url, [['eth_getBalance', [contract, 'latest']]]))[0]!),
    async mark() {
      const [snapshot] = await batch<Hex>(url, [['evm_snapshot', []]])
      const [time, before] = [world.time, new Map(nonces)]
      return async () => {
        await batch(url, [['evm_revert', [snapshot]]])
        world.time = time
        nonces.clear()
        for (const [account, nonce] of before) nonces.set(account, nonce)
      }
    },
    stop() {
      anvil.kill('SIGKILL')
      rmSync(dir, { recursive: true, force: true })
    },
  }
  return world
}

function transactionOf(to: Hex, { name, args, from, value = 0n }: Deed, nonces: Map<Hex, number>): Call {
  const nonce = nonces.get(from) ?? 0
  nonces.set(from, nonce + 1)
  const numbers = { nonce: `0x${nonce.toString(16)}`, value: `0x${value.toString(16)}`, gas: GAS }
  return ['eth_sendTransaction', [{ from, to, data: encodeCall(name, args), ...numbers }]]
}

type Call = [method: string, params: readonly unknown[]]

/** Throws when the node refuses one: a deed may revert in its block, but never be refused before. */
async function batch<T>(url: string, calls: readonly Call[]): Promise<T[]> {
  if (calls.length === 0) return []
  const body = JSON.stringify(calls.map(([method, params], id) => ({ jsonrpc: '2.0', id, method, params })))
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const answers = (await response.json()) as { id: number; result?: T; error?: { message: string } }[]
  const results: T[] = []
  for (const { id, result, error } of answers) {
    if (error !== undefined) throw new Error(`${calls[id]?.[0]}: ${error.message}`)
    results[id] = result as T
  }
  return results
}
