/** @module `flytrap topic voucher`: the broker owner's word that an account may have a first-level name. Costs nothing. */
import colors from 'picocolors'
import { showTime } from '../../../domain/amounts.ts'
import { isGiven } from '../../../domain/contract-calls.ts'
import { registrationDigest } from '../../../domain/typed-data.ts'
import { brokerOwner, ownerOf } from '../../actions/contract-reads.ts'
import { checkFilter, FOREVER_WARNING, type PublicOptions } from '../../actions/register-topic.ts'
import { encodeSigned } from '../../actions/signed-text.ts'
import { openSigning, type SigningOptions } from '../../context.ts'
import { signDigest } from '../../demo/device.ts'
import { CliError, usage } from '../../errors.ts'
import { writeWhole } from '../../home/files.ts'
import { addressOf, createNamer } from '../../home/keys.ts'
import { quoted, visible } from '../../terminal/output.ts'
import { parseUntil } from '../../times.ts'

export interface VoucherOptions extends SigningOptions, PublicOptions {
  for: string
  until: string
  output?: string
}

export async function voucher(text: string, options: VoucherOptions): Promise<void> {
  const filter = checkFilter(text, options)
  if (!isGiven(filter))
    throw usage(
      `A voucher is for a first-level name; below it its owner registers: npx flytrap topic register ${quoted(filter)}`,
    )
  const deadline = parseUntil(options.until)
  const { home, output, signer, rpc, deployment } = await openSigning(options)
  const place = { rpc, contract: deployment.contract }
  const owner = addressOf(home, options.for)
  if ((await brokerOwner(place)) !== signer.address)
    throw new CliError(
      'NOT_BROKER_OWNER',
      `Only the broker owner gives names; ${signer.address} is not. Sign with --as NAME.`,
    )
  if ((await ownerOf(place, filter)) !== undefined)
    throw new CliError(
      'TOPIC_EXISTS',
      `${quoted(filter)} is registered already. See: npx flytrap topic show ${quoted(filter)}`,
    )

  const signature = signDigest(signer.key, registrationDigest(deployment, { filter, owner, deadline }))
  const { chainId, contract } = deployment
  const made = encodeSigned('voucher', { chainId: `${chainId}`, contract, filter, owner, deadline, signature })
  if (options.output !== undefined) writeWhole(options.output, `${made}\n`)
  const given = options.output ?? made
  output.line(
    `${colors.green('✓')} ${createNamer(home)(owner)} may register ${visible(filter)} until ${showTime(deadline)}, and pays the gas:\n`,
  )
  output.line(`npx flytrap topic redeem ${quoted(given)}\n`)
  output.line(`  ${colors.yellow('!')} ${FOREVER_WARNING}`)
  output.result({
    voucher: made,
    filter,
    owner,
    deadline,
    ...(options.output === undefined ? {} : { file: options.output }),
  })
}
