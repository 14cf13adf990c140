/** @module The broker owner's voucher for a first-level name, as `flytrap topic voucher` prints it. */
import { getAddress } from 'ethers'
import { showTime } from '../../../domain/amounts.ts'
import type { Session } from './session.ts'
import { Trouble } from './trouble.ts'

export interface Voucher {
  filter: string
  /** Unix seconds. */
  deadline: number
  signature: string
}

/** Throws Trouble for what is no voucher, or none for this account on this contract. */
export function readVoucher(text: string, { account, place }: Session, now: number): Voucher {
  const [, body] = /^flytrap-voucher:([\w-]+)$/.exec(text.trim()) ?? []
  const { filter, owner, deadline, signature, chainId, contract } = parsed(body) ?? {}
  const isWhole = typeof filter === 'string' && typeof deadline === 'number' && typeof signature === 'string'
  if (!isWhole || typeof owner !== 'string')
    throw new Trouble('That is no voucher. Paste the whole line: it begins with flytrap-voucher: and has no spaces.')
  if (chainId !== place.chainId.toString() || contract !== place.contract)
    throw new Trouble('This voucher is for another contract. Open the pages of that one.')
  if (owner !== account)
    throw new Trouble(
      `This voucher is for ${nameOf(owner)}. Choose that account in your wallet, or ask for one for yours.`,
    )
  if (deadline < now)
    throw new Trouble(`This voucher was good until ${showTime(deadline)}. Ask the broker owner for a new one.`)
  return { filter, deadline, signature }
}

const nameOf = (owner: string): string => (/^0x[0-9a-f]{40}$/.test(owner) ? getAddress(owner) : 'another account')

function parsed(body: string | undefined): Record<string, unknown> | undefined {
  if (body === undefined) return undefined
  try {
    const bytes = Uint8Array.from(atob(body.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
  } catch {
    return undefined // told by the caller
  }
}
