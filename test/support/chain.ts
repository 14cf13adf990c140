/** @module A real chain with the real contract for tests: anvil on a free port, a funded owner, and shorthand for calls. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Wallet } from 'ethers'
import { pino } from 'pino'
import { pickPort } from '../../cli/ports.ts'
import { decodeResult, encodeCall } from '../../contracts/abi/calls.ts'
import { type Deployed, deployFlyTrap } from '../../contracts/deploy.ts'
import { type DevChain, startDevChain } from '../../contracts/devchain/start-dev-chain.ts'
import { callContract, createSender, type Receipt, type Sender } from '../../contracts/rpc/transact.ts'
import type { Hex } from '../../domain/bytes.ts'
import { LawfulBasis } from '../../domain/enums.ts'

export const silent = pino({ level: 'silent' })
export const FOREVER = 2 ** 40 - 1

export interface TestChain {
  /** Another one after it was killed and started again. */
  chain: DevChain
  contract: Deployed
  owner: Account
  dir: string
  /** A new key with ETH. */
  account(): Promise<Account>
  /** Sends a transaction to the contract, as the owner unless told. */
  call(name: string, args: readonly unknown[], as?: Sender): Promise<Receipt>
  /** The same with a payment, in wei. */
  pay(name: string, args: readonly unknown[], value: bigint, as: Sender): Promise<Receipt>
  read(name: string, args: readonly unknown[]): Promise<unknown[]>
  grant(filter: string, account: Hex, rights: number, until?: number): Promise<Receipt>
  stop(): Promise<void>
}

export interface Account {
  key: Hex
  address: Hex
  sender: Sender
}

/** A free port below those that the system gives to outgoing connections: two tests at once do not meet there. */
export const freePort = (): Promise<number> => pickPort({ wanted: 0, setting: 'TEST', usual: 0, host: '127.0.0.1' })

export async function startTestChain(dir = mkdtempSync(join(tmpdir(), 'flytrap-chain-'))): Promise<TestChain> {
  const chain = await startDevChain({ dir, port: await freePort(), log: silent })
  const account = async (): Promise<Account> => {
    const wallet = Wallet.createRandom()
    await chain.fund(wallet.address, 10n ** 21n)
    const sender = createSender(chain.rpc, wallet.privateKey)
    return { key: wallet.privateKey as Hex, address: sender.address, sender }
  }
  const owner = await account()
  const contract = await deployFlyTrap(chain.rpc, owner.key)
  const to = contract.address
  const call: TestChain['call'] = (name, args, as = owner.sender) => as.send({ to, data: encodeCall(name, args) })
  const it: TestChain = {
    chain,
    contract,
    owner,
    dir,
    account,
    call,
    pay: (name, args, value, as) => as.send({ to, data: encodeCall(name, args), value }),
    read: async (name, args) => decodeResult(name, await callContract(chain.rpc, { to, data: encodeCall(name, args) })),
    grant: (filter, grantee, rights, until = FOREVER) =>
      call('grant', [filter, grantee, rights, until, LawfulBasis.CONTRACT, `0x${'00'.repeat(32)}`]),
    async stop() {
      await it.chain.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  return it
}
