/** @module `flytrap device credential --revoke`: ends a user name and password before their time. */
import colors from 'picocolors'
import type { Hex } from '../../../domain/bytes.ts'
import { credentialRevocationDigest } from '../../../domain/typed-data.ts'
import { carryOut } from '../../actions/carry-out.ts'
import { nonceOf } from '../../actions/contract-reads.ts'
import { encodeSigned } from '../../actions/signed-text.ts'
import { openSigning, type SigningOptions } from '../../context.ts'
import { signDigest } from '../../demo/device.ts'
import { usage } from '../../errors.ts'
import { parseUntil } from '../../times.ts'
import { giveSigned, type SignOptions } from './give-signed.ts'

export async function revokeCredential(text: string, options: SigningOptions & SignOptions): Promise<void> {
  if (!/^0x[0-9a-fA-F]{32}$/.test(text))
    throw usage('--revoke takes the credential’s id, 0x and 32 hex digits: `device credential` printed it.')
  const id = text.toLowerCase() as Hex
  const context = await openSigning(options)
  const { output, signer, rpc, deployment } = context
  const what = `end credential ${id} of ${signer.name}`
  if (options.sign === true) {
    const nonce = await nonceOf({ rpc, contract: deployment.contract }, signer.address)
    const order = { wallet: signer.address, id, nonce, deadline: parseUntil(options.goodFor ?? '1d') }
    const signature = signDigest(signer.key, credentialRevocationDigest(deployment, order))
    const signed = { chainId: `${deployment.chainId}`, contract: deployment.contract, ...order, signature }
    return giveSigned(output, {
      text: encodeSigned('revocation', signed),
      what,
      deadline: order.deadline,
      file: options.output,
    })
  }
  const receipts = await carryOut(context, {
    steps: [{ name: 'revokeCredential', args: [id], what }],
    warnings: ['Only the wallet that it speaks for ends it: sign as that one.'],
  })
  if (receipts === undefined) return
  output.line(
    `${colors.green('✓')} the credential is ended ${colors.dim(`(block ${receipts[0]?.blockNumber}; live connections end within one block)`)}`,
  )
  output.result({ revokedCredential: id, wallet: signer.address, transaction: receipts[0]?.transactionHash })
}
