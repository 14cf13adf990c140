/** @module `flytrap recorder list | add | retire | stop`: whose sequences make up the log. Changed by the broker owner. */
import colors from 'picocolors'
import { showTime } from '../../../domain/amounts.ts'
import type { Address } from '../../../domain/bytes.ts'
import { enumName, RecorderState } from '../../../domain/enums.ts'
import { carryOut } from '../../actions/carry-out.ts'
import { read } from '../../actions/contract-reads.ts'
import { readView } from '../../actions/read-view.ts'
import { type GlobalOptions, openChain, openSigning, type SigningOptions } from '../../context.ts'
import { addressOf, createNamer } from '../../home/keys.ts'

export async function list(options: GlobalOptions): Promise<void> {
  const context = await openChain(options)
  const { home, output, rpc, deployment } = context
  const person = createNamer(home)
  const rows: string[][] = []
  for (const { address } of (await readView(context)).recorders()) {
    const [id, state, nextSeq, through] = await read({ rpc, contract: deployment.contract }, 'recorders', [address])
    const name = enumName(RecorderState, Number(state)) ?? String(state)
    output.result({ recorder: address, id: Number(id), state: name, nextSeq, through })
    rows.push([String(id), person(address), name.toLowerCase(), String(nextSeq), showTime(Number(through))])
  }
  if (rows.length === 0)
    return output.line('There is no recorder: nothing is recorded, so nobody is let in. Start one: npx flytrap up')
  output.table(['number', 'recorder', 'state', 'next sequence', 'complete through'], rows)
}

interface Change {
  call: string
  what: (account: string) => string
  done: string
  warning: string
}

const CHANGES = {
  add: {
    call: 'addRecorder',
    what: (account) => `let ${account} record`,
    done: 'records from now on',
    warning: 'What a recorder writes counts in every report. Its key must lie with its proxy or gateway alone.',
  },
  retire: {
    call: 'retireRecorder',
    what: (account) => `retire the recorder ${account}`,
    done: 'serves nobody any more, and may still record what it holds',
    warning: 'A retired recorder never returns. Its proxy refuses everybody from now on.',
  },
  stop: {
    call: 'stopRecorder',
    what: (account) => `stop the recorder ${account}`,
    done: 'is stopped: its sequence ends here',
    warning: 'For lost or stolen keys. Final: what its journal still holds will never be on chain.',
  },
} satisfies Record<string, Change>

export const change =
  (kind: keyof typeof CHANGES) =>
  async (account: string, options: SigningOptions): Promise<void> => {
    const { call, what, done, warning } = CHANGES[kind]
    const context = await openSigning(options)
    const address: Address = addressOf(context.home, account)
    const receipts = await carryOut(context, {
      steps: [{ name: call, args: [address], what: what(account) }],
      facts: [['recorder', address]],
      warnings: [warning],
      // Only adding can be made good again.
      beyond: kind === 'add' ? [] : [`cannot be undone`],
    })
    if (receipts === undefined) return
    context.output.line(`${colors.green('✓')} ${account} ${done} ${colors.dim(`(block ${receipts[0]?.blockNumber})`)}`)
    context.output.result({ recorder: address, change: kind, transaction: receipts[0]?.transactionHash })
  }
