/** @module `flytrap receipt check`: whether a recorder kept its word. Needs a node and a gateway, and no home. */
import colors from 'picocolors'
import { assertDeployment } from '../../contracts/rpc/assert-deployment.ts'
import { createFailoverRpc } from '../../contracts/rpc/failover.ts'
import { chainIdOf } from '../../contracts/rpc/transact.ts'
import { showTime } from '../../domain/amounts.ts'
import { parseAddress, ZERO_ADDRESS } from '../../domain/bytes.ts'
import { Action, DenialReason, enumName, Outcome } from '../../domain/enums.ts'
import { parseReceipt, type SignedReceipt } from '../../domain/receipt.ts'
import { type GlobalOptions, openChain, readEndpoints } from '../context.ts'
import { usage } from '../errors.ts'
import { askChain, askLeaf, type OnChain, type ReceiptPlace } from '../receipt/gather.ts'
import { judgeByChain, judgeLeaf, type ReceiptCase, VERDICTS } from '../receipt/judge.ts'
import { createOutput, type Output } from '../terminal/output.ts'

export interface ReceiptOptions extends GlobalOptions {
  rpc?: string
  contract?: string
  fromBlock?: string
  gateway?: string
}

interface Found {
  place: ReceiptPlace
  gateway: string | undefined
  output: Output
}

export async function checkReceipt(text: string, options: ReceiptOptions): Promise<void> {
  const receipt = parseReceipt(text)
  if (receipt === undefined) throw usage('A receipt is one word that begins with ftr1., as the device got it.')
  const { place, gateway, output } = await find(options)
  const onChain = await askChain(place, receipt)
  const byChain = judgeByChain(receipt, onChain.signer, onChain.batch)
  const asked = byChain === undefined && gateway !== undefined ? await askLeaf(gateway, receipt) : undefined
  const found =
    byChain ?? (onChain.batch && judgeLeaf(receipt, onChain.batch, asked ? asked.told : null)) ?? 'NOT_GENUINE'
  show(output, { receipt, onChain, found, why: asked?.why ?? '' })
}

/** From what is given, or from the home. Throws WRONG_USAGE. */
async function find(options: ReceiptOptions): Promise<Found> {
  const { rpc: url, contract: text, gateway, fromBlock = '0' } = options
  if (url === undefined && text === undefined) {
    const { rpc, deployment, home, output } = await openChain(options)
    const place = { rpc, deployment, deployBlock: deployment.deployBlock }
    return { place, gateway: gateway ?? readEndpoints(home)?.gateway, output }
  }
  const contract = parseAddress(text ?? '')
  if (url === undefined || contract === undefined) throw usage('Without a home give both: --rpc URL --contract 0x…')
  const rpc = createFailoverRpc(url, { timeoutMs: 30_000 })
  const deployment = { chainId: await chainIdOf(rpc), contract }
  await assertDeployment(rpc, { chainId: deployment.chainId, address: contract })
  const output = createOutput({ json: options.json === true })
  return { place: { rpc, deployment, deployBlock: Number(fromBlock) }, gateway, output }
}

interface Shown {
  receipt: SignedReceipt
  onChain: OnChain
  found: ReceiptCase
  why: string
}

function show(output: Output, { receipt, onChain, found, why }: Shown): void {
  const verdict = VERDICTS[found]
  const { recorderId, seq, leaf, anchorBy } = receipt
  const record = onChain.record === undefined ? null : { ...onChain.record, seq: Number(onChain.record.seq) }
  output.result({ case: found, verdict, recorderId, seq, leaf, anchorBy, record })
  const colour = verdict === 'KEPT' ? colors.green : verdict === 'OPEN' ? colors.yellow : colors.red
  output.line(`${colour(colors.bold(found))}  ${wordsOf(found, receipt, why)}`)
  const due = `due by ${showTime(anchorBy)}`
  output.line(colors.dim(`  recorder ${recorderId}, sequence ${seq}, leaf ${leaf}, ${due}`))
  if (record !== null) output.line(`  the record says: ${describe(record)}`)
  if (verdict !== 'KEPT' && verdict !== 'OPEN') process.exitCode = 1
}

function wordsOf(found: ReceiptCase, { anchorBy }: SignedReceipt, why: string): string {
  switch (found) {
    case 'ANCHORED':
      return 'the record is on chain, and its leaf is the one that was promised'
    case 'LEAF_NOT_CHECKED':
      return 'the sequence is on chain; whether it is this record only a gateway tells: --gateway URL'
    case 'NOT_YET_DUE':
      return `not on chain yet, and not due before ${showTime(anchorBy)}: ask again then`
    case 'NOT_REACHED':
      return `the sequence was not on chain by ${showTime(anchorBy)}: proof that the recorder broke its word`
    case 'OTHER_LEAF':
      return 'another record stands at this sequence than was promised: proof that the recorder broke its word'
    case 'LEAF_REFUSED':
      return `the gateway does not show the leaf${why === '' ? '' : ` (${why})`}: suspicion, no proof. Ask its operator.`
    case 'NOT_PROVABLE':
      return 'this recorder was stopped before, its key lost or stolen: what it signed beyond its last batch proves nothing'
    case 'NOT_GENUINE':
      return 'no recorder of this contract with that number signed it'
  }
}

function describe(
  record: NonNullable<OnChain['record']> | (Omit<NonNullable<OnChain['record']>, 'seq'> & { seq: number }),
) {
  const outcome = record.outcome === Outcome.ALLOWED ? 'allowed' : 'denied'
  if (record.sealed) return `sealed, ${outcome}; evidence holds the rest`
  const action = enumName(Action, record.action) ?? String(record.action)
  const reason = record.denialReason === 0 ? '' : ` (${enumName(DenialReason, record.denialReason)})`
  const who = record.account === ZERO_ADDRESS ? 'nobody proven' : record.account
  return `${action} by ${who}, ${outcome}${reason}, ${showTime(record.firstAt)}`
}
