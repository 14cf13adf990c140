/**
 * @module What gas and bytes cost in money. Ethereum: gas x price. OP Stack since Fjord (specs.optimism.io, "L1-Cost fees"): the
 * L2's gas, and a data fee by FastLZ size, here by the upper bound that its GasPriceOracle gives (getL1FeeUpperBound). Arbitrum
 * (docs.arbitrum.io, "Gas and fees"): the L2's gas, and 16 units a byte of the brotli-compressed transaction at the parent's price.
 */
import { brotliCompressSync, constants } from 'node:zlib'

/** One transaction, or a record's share of one. */
export interface Spent {
  gas: number
  /** The whole signed transaction. */
  transaction: Uint8Array
  /** What the figure is one of: 1 for a transaction, n for a record of n. */
  share: number
}

export interface Cost {
  ethereumEur: number
  ethereumUsd: number
  opStackEur: number
  arbitrumEur: number
}

const setting = (name: string, usual: number): number => Number(process.env[`FLYTRAP_BENCH_${name}`] ?? usual)

const ETH_EUR = setting('ETH_EUR', 2_500)
const ETH_USD = setting('ETH_USD', 2_900)
/** Gwei. */
const L1_GWEI = setting('L1_GWEI', 1)
const BLOB_GWEI = setting('BLOB_GWEI', 0.01)
const L2_GWEI = setting('L2_GWEI', 0.01)
/** An OP Stack chain's scalars, x 1e6: read the present ones from its L1Block contract. */
const BASE_FEE_SCALAR = setting('OP_BASE_FEE_SCALAR', 2_269)
const BLOB_FEE_SCALAR = setting('OP_BLOB_FEE_SCALAR', 1_055_762)
/** Gwei a unit of parent chain data: ArbGasInfo.getL1BaseFeeEstimate. */
const ARBITRUM_GWEI = setting('ARBITRUM_L1_GWEI', 0.05)

export const ASSUMPTIONS = `- 1 ETH = ${ETH_EUR} € = ${ETH_USD} $ (\`ETH_EUR\`, \`ETH_USD\`)
- Ethereum: ${L1_GWEI} gwei a gas (\`L1_GWEI\`)
- OP Stack since Fjord: ${L2_GWEI} gwei a gas of L2 (\`L2_GWEI\`), and the data fee at ${L1_GWEI} gwei base fee and ${BLOB_GWEI} gwei blob base fee
  (\`BLOB_GWEI\`) with the scalars ${BASE_FEE_SCALAR} and ${BLOB_FEE_SCALAR} (\`OP_BASE_FEE_SCALAR\`, \`OP_BLOB_FEE_SCALAR\`); the size is the upper bound of
  its GasPriceOracle, so the true fee is lower: records repeat accounts and topics
- Arbitrum: ${L2_GWEI} gwei a gas of L2, and 16 units a byte after brotli (quality 1) at ${ARBITRUM_GWEI} gwei (\`ARBITRUM_L1_GWEI\`)`

export function costOf({ gas, transaction, share }: Spent): Cost {
  const l1 = (gas * L1_GWEI) / share
  const l2 = gas * L2_GWEI
  const opStack = (l2 + opStackDataFee(transaction.length)) / share
  const arbitrum = (l2 + 16 * compressedSize(transaction) * ARBITRUM_GWEI) / share
  return {
    ethereumEur: eur(l1),
    ethereumUsd: (l1 / 1e9) * ETH_USD,
    opStackEur: eur(opStack),
    arbitrumEur: eur(arbitrum),
  }
}

/** Gwei. */
function opStackDataFee(bytes: number): number {
  const upperBound = bytes + bytes / 255 + 16
  const estimated = Math.max(100e6, -42_585_600 + 836_500 * upperBound)
  return (estimated * (BASE_FEE_SCALAR * L1_GWEI * 16 + BLOB_FEE_SCALAR * BLOB_GWEI)) / 1e12
}

const compressedSize = (transaction: Uint8Array): number =>
  brotliCompressSync(transaction, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }).length

const eur = (gwei: number): number => (gwei / 1e9) * ETH_EUR
