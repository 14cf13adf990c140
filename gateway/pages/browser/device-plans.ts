/** @module What an owner does to device keys and credentials, each as a plan. */
import { getAddress } from 'ethers'
import { showTime } from '../../../domain/amounts.ts'
import type { Address } from '../../../domain/bytes.ts'
import type { Plan } from './plan.ts'
import { Trouble } from './trouble.ts'

export const authorizePlan = (device: Address, until: number): Plan => ({
  what: `Let the key ${getAddress(device)} sign in for you`,
  call: { name: 'authorizeDevice', args: [device, until] },
  facts: [['Until', showTime(until)]],
  forever: 'that your account has this device key, until when, and the time.',
  warnings: ['Whoever holds the key acts as you toward brokers, within your rights, until then or until you end it.'],
  done: `The key ${getAddress(device)} signs in for you.`,
})

export const endDevicePlan = (device: Address): Plan => ({
  what: `End the device key ${getAddress(device)}`,
  call: { name: 'authorizeDevice', args: [device, 0] },
  facts: [['Takes effect', 'at once: live connections end within one block, credentials that it signed too']],
  forever: 'that this key was yours, and when you ended it.',
  done: `The key ${getAddress(device)} no longer signs in for you.`,
})

/** Throws Trouble for what is no credential's id. */
export function endCredentialPlan(text: string): Plan {
  if (!/^0x[0-9a-fA-F]{32}$/.test(text))
    throw new Trouble('A credential’s id is 0x and 32 hex digits: it stands in its file, as “id”.')
  return {
    what: `End the credential ${text.toLowerCase()}`,
    call: { name: 'revokeCredential', args: [text.toLowerCase()] },
    facts: [['Takes effect', 'at once: its connection ends within one block']],
    forever: 'the credential’s number, your account, and the time.',
    done: 'The credential is ended.',
  }
}
