/** @module `flytrap contract show | transfer | accept | successor | report-signer`, `flytrap pause | unpause`: the broker owner's own. */
import colors from 'picocolors'
import { showTime } from '../../../domain/amounts.ts'
import { ZERO_ADDRESS } from '../../../domain/bytes.ts'
import { carryOut, type Plan } from '../../actions/carry-out.ts'
import { brokerOwner, isPaused, read } from '../../actions/contract-reads.ts'
import { type GlobalOptions, openChain, openSigning, type SigningOptions } from '../../context.ts'
import { usage } from '../../errors.ts'
import { addressOf, createNamer, describeAccount } from '../../home/keys.ts'
import { now, parseUntil } from '../../times.ts'

export async function show(options: GlobalOptions): Promise<void> {
  const { home, output, rpc, deployment } = await openChain(options)
  const place = { rpc, contract: deployment.contract }
  const [owner, paused, [pending]] = await Promise.all([
    brokerOwner(place),
    isPaused(place),
    read(place, 'pendingOwner', []),
  ])
  const person = createNamer(home)
  const rows = [
    ['contract', `${deployment.contract} on chain ${deployment.chainId}`],
    ['broker owner', describeAccount(home, owner)],
    ...(pending === ZERO_ADDRESS ? [] : [['offered to', person(pending as typeof owner)]]),
    ['sales, grants', paused ? 'paused; resume with: npx flytrap unpause' : 'open'],
  ]
  for (const [label = '', text = ''] of rows) output.line(`  ${colors.dim(label.padEnd(13))}  ${text}`)
  output.result({
    contract: deployment.contract,
    chainId: deployment.chainId,
    owner,
    pendingOwner: pending === ZERO_ADDRESS ? null : pending,
    paused,
  })
}

async function single(options: SigningOptions, plan: Plan, done: string): Promise<void> {
  const context = await openSigning(options)
  const receipts = await carryOut(context, plan)
  if (receipts === undefined) return
  context.output.line(`${colors.green('✓')} ${done} ${colors.dim(`(block ${receipts[0]?.blockNumber})`)}`)
  context.output.result({ done: plan.steps[0]?.name, transaction: receipts[0]?.transactionHash })
}

export const pause = (options: SigningOptions): Promise<void> =>
  single(
    options,
    {
      steps: [{ name: 'pause', args: [], what: 'pause registrations, grants and sales' }],
      warnings: ['Recording, revoking and withdrawing go on: nothing stops those.'],
    },
    'paused; resume with: npx flytrap unpause',
  )

export const unpause = (options: SigningOptions): Promise<void> =>
  single(
    options,
    { steps: [{ name: 'unpause', args: [], what: 'resume registrations, grants and sales' }] },
    'open again',
  )

export async function transfer(account: string, options: SigningOptions): Promise<void> {
  const { home } = await openChain(options)
  const to = addressOf(home, account)
  const plan: Plan = {
    steps: [{ name: 'transferOwnership', args: [to], what: `offer the contract to ${account}` }],
    facts: [['new owner', to]],
    warnings: ['Once accepted, names, fees, suspension and recorders are theirs. Until then they stay yours.'],
  }
  await single(options, plan, `offered; they take it with: npx flytrap contract accept`)
}

export const accept = (options: SigningOptions): Promise<void> =>
  single(
    options,
    { steps: [{ name: 'acceptOwnership', args: [], what: 'take over the contract' }] },
    'the contract is yours',
  )

export async function successor(account: string, options: SigningOptions): Promise<void> {
  const { home } = await openChain(options)
  const plan: Plan = {
    steps: [
      {
        name: 'announceSuccessor',
        args: [addressOf(home, account)],
        what: `announce ${account} as the contract to use from now on`,
      },
    ],
    warnings: ['Nothing moves: topics, rights and the log stay here for ever.'],
    beyond: ['cannot be taken back'],
  }
  await single(options, plan, 'announced')
}

export async function reportSigner(spkiHash: string, options: SigningOptions & { until: string }): Promise<void> {
  if (!/^0x[0-9a-fA-F]{64}$/.test(spkiHash))
    throw usage('A report signer is named by the SHA-256 of its public key: 0x and 64 hex digits.')
  const until = parseUntil(options.until)
  const plan: Plan = {
    steps: [
      {
        name: 'setReportSigner',
        args: [spkiHash, now(), until],
        what: `let the certificate ${spkiHash} sign reports until ${showTime(until)}`,
      },
    ],
    warnings: ['Reports that it signed before now no longer count as this contract’s.'],
  }
  await single(options, plan, 'set')
}
