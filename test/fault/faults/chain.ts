/** @module The chain: gone, shorter, another one, slow, deaf, refusing, lying. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault as NodeFault } from '../../support/limited-node.ts'
import type { Fault } from '../fault.ts'
import type { Stage } from '../stage.ts'

const DEPTH = 10

/** The node breaks so for a while. */
const broken = (name: string, fault: (method: string) => NodeFault | undefined, options = {}): Fault => ({
  name,
  group: 'chain',
  times: 5,
  options,
  async strike(stage) {
    stage.node.fault = fault
    await sleep(stage.brokenMs)
    stage.node.fault = () => undefined
  },
})

const SEND = 'eth_sendRawTransaction'
const RECEIPT = 'eth_getTransactionReceipt'
const hash = `0x${'12'.repeat(32)}`
const on = (wanted: string, fault: NodeFault) => (method: string) => (method === wanted ? fault : undefined)

/** A receipt of a block that does not hold it. */
const lie = {
  transactionHash: hash,
  blockNumber: '0x1',
  blockHash: hash,
  status: '0x1',
  gasUsed: '0x1',
  effectiveGasPrice: '0x1',
}

const reorganised: Fault = {
  name: `chain reorganised ${DEPTH} blocks deep`,
  group: 'chain',
  times: 5,
  options: { confirmations: DEPTH + 2 },
  async strike(stage) {
    mine(stage)
    await sleep(stage.brokenMs)
    await stage.it.chain.rpc.request('anvil_reorg', [DEPTH, []])
  },
}

/** Blocks go on, as on a chain that others use too: what is deep enough becomes final. */
function mine({ it, whenClosed }: Stage): void {
  const timer = setInterval(() => void it.chain.rpc.request('evm_mine').catch(() => {}), 100)
  whenClosed.push(() => clearInterval(timer))
}

export const chainFaults: Fault[] = [
  {
    name: 'chain killed, and back with its last dump (lost blocks)',
    group: 'chain',
    times: 5,
    async strike(stage) {
      await sleep(Math.random() * 300)
      await stage.restartChain(Math.random() * stage.brokenMs)
    },
  },
  reorganised,
  broken('chain does not answer at all', () => ({ at: 'before', how: 'hang-up' })),
  broken('chain takes a transaction, and the connection breaks', on(SEND, { at: 'after', how: 'hang-up' })),
  broken('chain takes a transaction, and never answers', on(SEND, { at: 'after', how: 'silence' })),
  broken('chain never hears of a transaction', on(SEND, { at: 'before', how: 'hang-up' })),
  broken('chain says that it took a transaction, and did not', on(SEND, { at: 'before', how: 'lie', result: hash })),
  broken('chain refuses (HTTP 429)', () => ({ at: 'before', how: 'status', status: 429 })),
  broken('chain refuses (HTTP 503)', () => ({ at: 'before', how: 'status', status: 503 })),
  broken('chain answers pages instead of JSON', () => ({ at: 'after', how: 'html' })),
  broken('receipts are never told', on(RECEIPT, { at: 'after', how: 'hang-up' })),
  broken('one of two nodes lies about the receipt', lieAboutReceipts(), { witnessed: true }),
  {
    name: 'chain answers slowly',
    group: 'chain',
    times: 5,
    async strike(stage) {
      stage.node.delayMs = 400
      await sleep(2 * stage.brokenMs)
      stage.node.delayMs = 0
    },
  },
]

/** It takes nothing, and shows a receipt. */
function lieAboutReceipts(): (method: string) => NodeFault | undefined {
  return (method) => {
    if (method === SEND) return { at: 'before', how: 'lie', result: hash }
    return method === RECEIPT ? { at: 'before', how: 'lie', result: lie } : undefined
  }
}
