/** @module `flytrap wallet new | list`: named keys of the home. */
import { getAddress } from 'ethers'
import colors from 'picocolors'
import { createRpc } from '../../contracts/rpc/json-rpc.ts'
import { type CommandContext, type GlobalOptions, openContext, readDeployment, readEndpoints } from '../context.ts'
import { listKeys, newKey } from '../home/keys.ts'

const DEVELOPMENT_ETH = 100n * 10n ** 18n

export async function create(name: string, options: GlobalOptions): Promise<void> {
  const context = openContext(options)
  const key = newKey(context.home, name)
  const isFunded = await fund(context, key.address)
  context.output.line(
    `${colors.green('✓')} ${name} is ${getAddress(key.address)}${isFunded ? colors.dim(' (100 development ETH)') : ''}`,
  )
  context.output.result({ name, address: key.address, funded: isFunded })
}

export function list(options: GlobalOptions): void {
  const { home, output } = openContext(options)
  const keys = listKeys(home)
  for (const { name, address } of keys) output.result({ name, address })
  output.table(
    ['name', 'address'],
    keys.map(({ name, address }) => [name, getAddress(address)]),
  )
}

/** Only on the embedded chain, whose ETH is free. */
async function fund({ home, output }: CommandContext, address: string): Promise<boolean> {
  const rpc = readEndpoints(home)?.rpc
  if (rpc === undefined || readDeployment(home)?.embedded !== true) return false
  const amount = `0x${DEVELOPMENT_ETH.toString(16)}`
  return createRpc(rpc)
    .request('anvil_setBalance', [address, amount])
    .then(
      () => true,
      () => {
        output.line(
          'The embedded chain does not answer: the key has no ETH yet. It gets some once `npx flytrap up` runs.',
        )
        return false
      },
    )
}
