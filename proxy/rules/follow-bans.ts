/**
 * @module Bans that other proxies recorded, read from the log at each new block by its indexed arguments: records
 * without an account, and bans on wallets; no other record is asked for.
 */
import type { Logger } from 'pino'
import { decodeLog } from '../../contracts/abi/events.ts'
import { getBlock } from '../../contracts/rpc/blocks.ts'
import type { Rpc } from '../../contracts/rpc/json-rpc.ts'
import { readLogs } from '../../contracts/rpc/logs.ts'
import type { Address } from '../../domain/bytes.ts'
import { ZERO_BYTES32 } from '../../domain/bytes.ts'
import { Action, RecorderState } from '../../domain/enums.ts'
import { unpackAccess } from '../../domain/packed.ts'
import type { Recorder } from '../../domain/view.ts'
import { WALLET_BAN_ID } from './ban-target.ts'
import type { Ban, Bans } from './bans.ts'
import { MAX_BAN_MS } from './schema.ts'

export interface FollowBansOptions {
  /** The node to ask, which knows the head that was told. */
  rpc: () => Rpc
  contract: Address
  deployBlock: number
  bans: Bans
  /** As the view knows them at present. */
  recorders: () => Iterable<Recorder>
  /** Called with each ban that is new to us. */
  onBan: (ban: Ban) => void
  log: Logger
}

/** Read again with each block: what a reorganisation moved comes again; telling twice does no harm. */
const OVERLAP = 8

export class BanFollower {
  readonly #options: FollowBansOptions
  #next = 0
  #wanted = 0
  #reading: Promise<void> | undefined

  constructor(options: FollowBansOptions) {
    this.#options = options
  }

  /** Reads what may still be in force. Rejects RpcError. */
  async start(head: number): Promise<void> {
    this.#next = await this.#firstRecent(head)
    await this.#read(head)
  }

  /** Reads on. What fails is read with the next block: until then bans of others are not known here. */
  onHead(head: number): void {
    this.#wanted = head
    this.#reading ??= this.#catchUp().finally(() => {
      this.#reading = undefined
    })
  }

  async #catchUp(): Promise<void> {
    let head: number
    do {
      head = this.#wanted
      await this.#read(head).catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'bans of other proxies not read, trying again with the next block')
      })
    } while (this.#wanted !== head)
  }

  async #read(head: number): Promise<void> {
    const { contract: address } = this.#options
    const rpc = this.#options.rpc()
    const range = { address, fromBlock: Math.min(this.#next, head + 1), toBlock: head, names: ['Access'] as const }
    for (const indexed of [[ZERO_BYTES32], [null, WALLET_BAN_ID]]) {
      for await (const logs of readLogs(rpc, { ...range, indexed })) for (const log of logs) this.#take(decodeLog(log))
    }
    this.#next = Math.max(this.#options.deployBlock, head + 1 - OVERLAP)
  }

  #take(event: ReturnType<typeof decodeLog>): void {
    if (event?.name !== 'Access') return
    const { account, topicId, recorderId, action, firstAt, span, sealed } = unpackAccess(
      event.args.account,
      event.args.topicId,
      event.args.packed,
    )
    if (sealed || (action !== Action.BAN && action !== Action.UNBAN) || !this.#isTrusted(recorderId)) return
    const { bans, onBan } = this.#options
    if (action === Action.UNBAN) return bans.lift({ account, topicId }, firstAt)
    const ban = { account, topicId, firstAt, until: firstAt + span }
    bans.add(ban)
    onBan(ban)
  }

  /** A recorder whose key was stolen bans nobody. */
  #isTrusted(recorderId: number): boolean {
    for (const { id, state } of this.#options.recorders()) if (id === recorderId) return state !== RecorderState.STOPPED
    return false
  }

  /** Returns the first block in which a ban may stand that is still in force. */
  async #firstRecent(head: number): Promise<number> {
    const since = Date.now() / 1_000 - MAX_BAN_MS / 1_000
    let [low, high] = [this.#options.deployBlock, head]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const block = await getBlock(this.#options.rpc(), middle)
      if (block !== undefined && block.timestamp < since) low = middle + 1
      else high = middle
    }
    return low
  }
}
