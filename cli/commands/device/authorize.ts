/** @module `flytrap device authorize | revoke`: which keys sign in for a wallet; at once, or as a signed line for another to send. */
import colors from 'picocolors'
import type { Address } from '../../../domain/bytes.ts'
import { deviceAuthorizationDigest } from '../../../domain/typed-data.ts'
import { carryOut } from '../../actions/carry-out.ts'
import { nonceOf, read } from '../../actions/contract-reads.ts'
import { encodeSigned } from '../../actions/signed-text.ts'
import { openSigning, type SigningContext, type SigningOptions } from '../../context.ts'
import { signDigest } from '../../demo/device.ts'
import { CliError, usage } from '../../errors.ts'
import { addressOf } from '../../home/keys.ts'
import { now, parseUntil, showTime } from '../../times.ts'
import { giveSigned, type SignOptions } from './give-signed.ts'

export async function authorize(
  account: string,
  options: SigningOptions & SignOptions & { until: string },
): Promise<void> {
  const until = parseUntil(options.until)
  if (until <= now())
    throw usage('--until lies in the future: 30d, a date, or never. To end it: npx flytrap device revoke ACCOUNT')
  const context = await openSigning(options)
  await set(context, { account, device: addressOf(context.home, account), until }, options)
}

export async function revoke(account: string, options: SigningOptions & SignOptions): Promise<void> {
  const context = await openSigning(options)
  const device = addressOf(context.home, account)
  const place = { rpc: context.rpc, contract: context.deployment.contract }
  const [until] = await read(place, 'deviceUntil', [context.signer.address, device])
  if (until === 0)
    throw new CliError(
      'DEVICE_UNKNOWN',
      `${account} does not sign in for ${context.signer.address}: there is nothing to end. Sign as its owner: --as NAME`,
    )
  await set(context, { account, device, until: 0 }, options)
}

interface Order {
  account: string
  device: Address
  until: number
}

async function set(context: SigningContext, { account, device, until }: Order, options: SignOptions): Promise<void> {
  const { output, signer, rpc, deployment } = context
  const what =
    until === 0
      ? `end ${account}’s signing in for ${signer.name}`
      : `let the key ${account} sign in for ${signer.name} until ${showTime(until)}`
  if (options.sign === true) {
    const nonce = await nonceOf({ rpc, contract: deployment.contract }, signer.address)
    const deadline = parseUntil(options.goodFor ?? '1d')
    const order = { owner: signer.address, device, until, nonce, deadline }
    const signature = signDigest(signer.key, deviceAuthorizationDigest(deployment, order))
    const { chainId, contract } = deployment
    const text = encodeSigned('device', { chainId: `${chainId}`, contract, ...order, signature })
    return giveSigned(output, { text, what, deadline, file: options.output })
  }
  const receipts = await carryOut(context, {
    steps: [{ name: 'authorizeDevice', args: [device, until], what }],
    facts: [['device', device]],
  })
  if (receipts === undefined) return
  const done =
    until === 0
      ? `${account} no longer signs in for ${signer.name}`
      : `${account} signs in for ${signer.name} until ${showTime(until)}`
  output.line(`${colors.green('✓')} ${done} ${colors.dim(`(block ${receipts[0]?.blockNumber})`)}`)
  if (until !== 0)
    output.line(
      colors.dim(
        `  Its user name and password: npx flytrap device credential --as ${account} --for ${signer.address} --client-id ID`,
      ),
    )
  output.result({ owner: signer.address, device, until, transaction: receipts[0]?.transactionHash })
}
