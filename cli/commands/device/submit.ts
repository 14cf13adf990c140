/** @module `flytrap device submit`: sends what a wallet signed: a device authorization, or the end of a credential. */
import colors from 'picocolors'
import { showTime } from '../../../domain/amounts.ts'
import type { Address } from '../../../domain/bytes.ts'
import { carryOut, type Step } from '../../actions/carry-out.ts'
import { nonceOf } from '../../actions/contract-reads.ts'
import { assertUsable, decodeSigned, type Signed } from '../../actions/signed-text.ts'
import { openSigning, type SigningOptions } from '../../context.ts'
import { CliError } from '../../errors.ts'
import { createNamer } from '../../home/keys.ts'
import { now } from '../../times.ts'

export async function submit(given: string, options: SigningOptions): Promise<void> {
  const { value } = decodeSigned(['device', 'revocation'], given)
  const context = await openSigning(options)
  const { home, output, rpc, deployment } = context
  assertUsable(value, deployment, now())
  const signer = ('owner' in value ? value.owner : value.wallet) as Address
  const nonce = await nonceOf({ rpc, contract: deployment.contract }, signer)
  if (nonce !== value.nonce) {
    const words = `It is number ${value.nonce} of ${signer}’s steps, and number ${nonce} is next: it was sent before, or is void by a later step.`
    throw new CliError(
      'SIGNED_TEXT_USED',
      `${words} Ask for a new one: npx flytrap device authorize ACCOUNT --until 30d --sign`,
    )
  }
  const step = 'owner' in value ? authorization(value, createNamer(home)) : revocation(value, createNamer(home))
  const receipts = await carryOut(context, { steps: [step], facts: [['signed by', signer]] })
  if (receipts === undefined) return
  output.line(`${colors.green('✓')} done ${colors.dim(`(block ${receipts[0]?.blockNumber})`)}`)
  output.result({ submitted: step.name, signer, transaction: receipts[0]?.transactionHash })
}

function authorization(
  { owner, device, until, deadline, signature }: Signed<'device'>,
  person: (a: Address) => string,
): Step {
  const [key, wallet] = [person(device as Address), person(owner as Address)]
  const what =
    until === 0
      ? `end ${key}’s signing in for ${wallet}`
      : `let the key ${key} sign in for ${wallet} until ${showTime(until)}`
  return { name: 'authorizeDeviceBySig', args: [owner, device, until, deadline, signature], what }
}

function revocation({ wallet, id, deadline, signature }: Signed<'revocation'>, person: (a: Address) => string): Step {
  const what = `end credential ${id} of ${person(wallet as Address)}`
  return { name: 'revokeCredentialBySig', args: [wallet, id, deadline, signature], what }
}
