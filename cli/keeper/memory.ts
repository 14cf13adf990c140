/**
 * @module What the keeper remembers over a restart: how far it has read, whom it may owe, who cannot be paid. Lost or of
 * another deployment, it is read again from the contract's events; nobody is paid twice for it.
 */
import { z } from 'zod'
import { readJson, writeJson } from '../home/files.ts'

const Hex20 = z.custom<`0x${string}`>((value) => typeof value === 'string' && /^0x[0-9a-f]{40}$/.test(value))

const Refusing = z.object({
  failures: z.number().int().positive(),
  /** Unix milliseconds before which it is not tried again. */
  notBefore: z.number(),
  why: z.string(),
})

const Memory = z.object({
  version: z.literal(1),
  deployment: z.string(),
  /** The last block whose credits were read. */
  block: z.number().int(),
  /** Accounts that had credit when they were last looked at. */
  owed: z.array(Hex20),
  refusing: z.record(z.string(), Refusing),
  payouts: z.number().int(),
  /** Wei, in decimal. */
  paid: z.string().regex(/^\d+$/),
  spent: z.string().regex(/^\d+$/),
})

export type Memory = z.output<typeof Memory>
export type Refusing = z.output<typeof Refusing>

/** Returns what was remembered for this deployment, or a beginning at its first block. */
export function loadMemory(path: string, { deployment, deployBlock }: { deployment: string; deployBlock: number }) {
  const parsed = Memory.safeParse(readJson(path))
  if (parsed.success && parsed.data.deployment === deployment) return parsed.data
  const counts = { payouts: 0, paid: '0', spent: '0' }
  return {
    version: 1,
    deployment,
    block: deployBlock - 1,
    owed: [],
    refusing: {},
    ...counts,
  } satisfies Memory as Memory
}

export const saveMemory = (path: string, memory: Memory): void => writeJson(path, memory)
