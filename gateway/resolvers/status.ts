/** @module What the service answers from, and how far it lags. */
import type { GatewayContext } from './context.ts'

export const Status = {
  chainId: (_: unknown, _args: unknown, { chainId }: GatewayContext) => chainId,
  contract: (_: unknown, _args: unknown, { contract }: GatewayContext) => contract,
  indexed: async (_: unknown, _args: unknown, { store }: GatewayContext) => (await store.status()).head ?? null,
  chainHeight: async (_: unknown, _args: unknown, { store }: GatewayContext) =>
    (await store.status()).chainHeight ?? null,
  lag: async (_: unknown, _args: unknown, { store }: GatewayContext) => {
    const { head, chainHeight } = await store.status()
    return head === undefined || chainHeight === undefined ? null : Math.max(0, chainHeight - head.number)
  },
  trouble: async (_: unknown, _args: unknown, { store }: GatewayContext) => (await store.status()).trouble ?? null,
  totals: async (_: unknown, _args: unknown, { store }: GatewayContext) => {
    const { head } = await store.status()
    const recorders = head === undefined ? [] : await store.recorders(head.number)
    // Sequences begin at 1 and have no gaps: their ends count the records.
    const accessRecords = recorders.reduce((sum, { nextSequence }) => sum + nextSequence - 1n, 0n)
    return { accessRecords, recorders: recorders.length }
  },
}
