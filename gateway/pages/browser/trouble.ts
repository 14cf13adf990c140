/** @module What went wrong, for the person before the page: it says what to do next. */
import { getAddress } from 'ethers'
import { RpcError } from '../../../contracts/rpc/json-rpc.ts'
import { TransactionError } from '../../../contracts/rpc/transaction-error.ts'
import { isRefusal, type Refused, whatHappened } from '../../../domain/refusals.ts'
import { visible } from '../../../reports/texts/visible.ts'
import { NEXT_STEPS } from './next-steps.ts'
import { DECLINED } from './wallet-rpc.ts'

/** Its message is a whole sentence with a remedy. */
export class Trouble extends Error {
  override readonly name = 'Trouble'
}

export interface About {
  sender: string
  filter?: string | undefined
}

/** Returns words for whatever was thrown. */
export function inWords(error: unknown, about: About): string {
  if (error instanceof Trouble) return error.message
  if (error instanceof TransactionError) return refused(error, about)
  if (error instanceof RpcError && error.rpcCode === DECLINED)
    return 'You declined it in the wallet: nothing was sent. Try again when you want it.'
  if (error instanceof RpcError)
    return `Your wallet’s node refused: ${visible(error.message.slice(0, 300))}. Try again; if it goes on, choose another node in the wallet’s settings.`
  const words = error instanceof Error ? error.message : String(error)
  return `Something failed in this page: ${visible(words.slice(0, 300))}. Load it again; if it goes on, report it.`
}

function refused({ revert, code, message }: TransactionError, about: About): string {
  if (revert !== undefined && isRefusal(revert.error)) {
    const words: Refused = {
      args: Object.fromEntries(Object.entries(revert.args).map(([name, value]) => [name, readable(value)])),
      sender: String(readable(about.sender)),
      filter: visible(about.filter ?? String(revert.args.filter ?? 'that filter')),
    }
    return `${whatHappened(revert.error, words)} ${NEXT_STEPS[revert.error]}`.trim()
  }
  if (code === 'INSUFFICIENT_FUNDS')
    return 'Your account has not enough ETH for the payment and its gas. Send it some, then try again.'
  if (code === 'NOT_MINED')
    return 'It was sent, and no block holds it yet. Look at it in your wallet before you try again: it may still happen.'
  if (code === 'REVERTED')
    return 'The contract refused, without saying why: what this page had read may have changed. Load the page again.'
  return `It was not sent: ${visible(message.slice(0, 300))}. Wait until earlier transactions of this account are done, then try again.`
}

const readable = (value: unknown): unknown =>
  typeof value === 'string' ? (/^0x[0-9a-f]{40}$/.test(value) ? getAddress(value) : visible(value)) : value
