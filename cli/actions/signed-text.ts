/**
 * @module What one account signs and another sends: a voucher, a device authorization, the end of a credential; as one
 * line that survives mail and chat. It names its deployment, so that it is refused in words before the contract does.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { showTime } from '../../domain/amounts.ts'
import type { Deployment } from '../../domain/typed-data.ts'
import { CliError } from '../errors.ts'

const address = z.string().regex(/^0x[0-9a-f]{40}$/)
const seconds = z
  .int()
  .min(0)
  .max(2 ** 40 - 1)
const hex = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`))
const common = {
  chainId: z.string().regex(/^\d{1,30}$/),
  contract: address,
  deadline: seconds,
  signature: z.string().regex(/^0x([0-9a-f]{2}){1,2048}$/),
}

const FORMS = {
  voucher: z.strictObject({ ...common, filter: z.string().min(1).max(1_024), owner: address }),
  device: z.strictObject({ ...common, owner: address, device: address, until: seconds, nonce: z.int().min(0) }),
  revocation: z.strictObject({ ...common, wallet: address, id: hex(16), nonce: z.int().min(0) }),
}

export type SignedKind = keyof typeof FORMS
export type Signed<K extends SignedKind> = z.infer<(typeof FORMS)[K]>

const NAMES: Record<SignedKind, string> = {
  voucher: 'voucher',
  device: 'device authorization',
  revocation: 'credential revocation',
}

/** Returns one line: `flytrap-voucher:` and base64url. */
export const encodeSigned = <K extends SignedKind>(kind: K, value: Signed<K>): string =>
  `flytrap-${kind}:${Buffer.from(JSON.stringify(value)).toString('base64url')}`

/** Returns the kinds' common ending: which one a text or a file with one line is. Throws SIGNED_TEXT_INVALID. */
export function decodeSigned<K extends SignedKind>(kinds: readonly K[], given: string): { kind: K; value: Signed<K> } {
  const text = (isFile(given) ? readFileSync(given, 'utf8') : given).trim()
  const [, name, body = ''] = /^flytrap-(\w+):([\w-]+)$/.exec(text) ?? []
  const kind = kinds.find((known) => known === name)
  const parsed = kind === undefined ? undefined : FORMS[kind].safeParse(parseJson(body))
  if (kind !== undefined && parsed?.success === true) return { kind, value: parsed.data as Signed<K> }
  const wanted = kinds.map((known) => NAMES[known]).join(' or ')
  const remedy = 'Paste the whole line, or name the file that holds it.'
  throw new CliError(
    'SIGNED_TEXT_INVALID',
    `That is no ${wanted}: a line that begins with flytrap-${kinds[0]}:. ${remedy}`,
  )
}

/** Throws SIGNED_TEXT_FOREIGN or SIGNED_TEXT_EXPIRED. */
export function assertUsable(
  { chainId, contract, deadline }: z.infer<z.ZodObject<typeof common>>,
  deployment: Deployment,
  now: number,
): void {
  if (chainId !== deployment.chainId.toString() || contract !== deployment.contract) {
    const words = `It was signed for contract ${contract} on chain ${chainId}, not for this home’s ${deployment.contract} on ${deployment.chainId}.`
    throw new CliError('SIGNED_TEXT_FOREIGN', `${words} Use the home of that deployment: --home DIR`)
  }
  if (deadline >= now) return
  throw new CliError('SIGNED_TEXT_EXPIRED', `It was good until ${showTime(deadline)}. Ask who signed it for a new one.`)
}

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile()

function parseJson(body: string): unknown {
  try {
    return JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
  } catch {
    return undefined // told by the caller
  }
}
