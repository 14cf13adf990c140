/** @module `flytrap device authorize | revoke`: which keys sign in for a wallet; at once, or as a signed line for another to send. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { getAddress } from 'ethers'
import colors from 'picocolors'
import { showTime } from '../../../domain/amounts.ts'
import type { Address } from '../../../domain/bytes.ts'
import { deviceAuthorizationDigest } from '../../../domain/typed-data.ts'
import { deviceKeyOf } from '../../../proxy/listen/tls/device-key.ts'
import { carryOut } from '../../actions/carry-out.ts'
import { nonceOf, read } from '../../actions/contract-reads.ts'
import { encodeSigned } from '../../actions/signed-text.ts'
import { openSigning, type SigningContext, type SigningOptions } from '../../context.ts'
import { signDigest } from '../../demo/device.ts'
import { CliError, usage } from '../../errors.ts'
import { addressOf } from '../../home/keys.ts'
import { quoted } from '../../terminal/output.ts'
import { now, parseUntil } from '../../times.ts'
import { giveSigned, type SignOptions } from './give-signed.ts'

export interface DeviceOptions extends SigningOptions, SignOptions {
  /** A PEM file: the device is the key of this TLS client certificate. */
  certificate?: string
}

export async function authorize(
  account: string | undefined,
  options: DeviceOptions & { until: string },
): Promise<void> {
  const until = parseUntil(options.until)
  if (until <= now())
    throw usage('--until lies in the future: 30d, a date, or never. To end it: npx flytrap device revoke ACCOUNT')
  const context = await openSigning(options)
  await set(context, { ...deviceOf(context, account, options), until }, options)
}

export async function revoke(account: string | undefined, options: DeviceOptions): Promise<void> {
  const context = await openSigning(options)
  const { name, device } = deviceOf(context, account, options)
  const place = { rpc: context.rpc, contract: context.deployment.contract }
  const [until] = await read(place, 'deviceUntil', [context.signer.address, device])
  if (until === 0) {
    const words = `${name} does not sign in for ${context.signer.name}: there is nothing to end.`
    throw new CliError('DEVICE_UNKNOWN', `${words} Sign as its owner: --as NAME`)
  }
  await set(context, { name, device, until: 0 }, options)
}

interface Order {
  /** For people. */
  name: string
  device: Address
  until: number
}

function deviceOf({ home }: SigningContext, account: string | undefined, { certificate }: DeviceOptions) {
  if ((account === undefined) === (certificate === undefined))
    throw usage(
      'Say which key: npx flytrap device authorize ACCOUNT --until 30d, or --certificate FILE for a TLS client’s.',
    )
  if (account !== undefined) return { name: account, device: addressOf(home, account) }
  const file = certificate ?? ''
  const key = deviceKeyOf(readCertificate(file))
  if (key.kind === 'unsupported')
    throw new CliError('CERTIFICATE_UNSUPPORTED', `${quoted(file)}: ${key.why}. Make it anew with one of these.`)
  return { name: getAddress(key.address), device: key.address }
}

function readCertificate(file: string): X509Certificate {
  try {
    return new X509Certificate(readFileSync(file))
  } catch (cause) {
    throw new CliError(
      'CERTIFICATE_INVALID',
      `${quoted(file)} holds no certificate. Give its PEM file, without the key.`,
      { cause },
    )
  }
}

async function set(context: SigningContext, order: Order, options: DeviceOptions): Promise<void> {
  const { output, signer } = context
  const { name, device, until } = order
  const ends = until === 0
  const what = ends
    ? `end ${name}’s signing in for ${signer.name}`
    : `let the key ${name} sign in for ${signer.name} until ${showTime(until)}`
  if (options.sign === true) return giveSigned(output, { ...(await sign(context, order, options)), what })
  const receipts = await carryOut(context, {
    steps: [{ name: 'authorizeDevice', args: [device, until], what }],
    facts: [['device', getAddress(device)]],
  })
  if (receipts === undefined) return
  const done = ends ? 'no longer signs in' : 'signs in'
  const block = colors.dim(`(block ${receipts[0]?.blockNumber})`)
  output.line(
    `${colors.green('✓')} ${name} ${done} for ${signer.name}${ends ? '' : ` until ${showTime(until)}`} ${block}`,
  )
  output.result({ owner: signer.address, device, until, transaction: receipts[0]?.transactionHash })
  if (ends || options.certificate !== undefined) return
  const hint = `npx flytrap device credential --as ${quoted(name)} --for ${signer.address} --client-id ID`
  output.line(colors.dim(`  Its user name and password: ${hint}`))
}

async function sign({ signer, rpc, deployment }: SigningContext, { device, until }: Order, options: SignOptions) {
  const nonce = await nonceOf({ rpc, contract: deployment.contract }, signer.address)
  const deadline = parseUntil(options.goodFor ?? '1d')
  const authorization = { owner: signer.address, device, until, nonce, deadline }
  const signature = signDigest(signer.key, deviceAuthorizationDigest(deployment, authorization))
  const { chainId, contract } = deployment
  const text = encodeSigned('device', { chainId: `${chainId}`, contract, ...authorization, signature })
  return { text, deadline, file: options.output }
}
