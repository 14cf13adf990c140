/** @module Calls to the contract and its answers, refusals too. Pure. */
import { Interface, type Result } from 'ethers'
import { ABI, plain } from './events.ts'
import FLYTRAP from './FlyTrap.json' with { type: 'json' }

type Hex = `0x${string}`

const iface = new Interface(ABI)

/** Returns the call data of a function. Throws when an argument does not fit its type: our mistake, never a user's. */
export const encodeCall = (name: string, args: readonly unknown[]): Hex => iface.encodeFunctionData(name, args) as Hex

/** Returns a function's results in order: numbers up to 48 bits as number, bytes in lower case. Throws on other data. */
export function decodeResult(name: string, data: string): unknown[] {
  const outputs = iface.getFunction(name)?.outputs ?? []
  const result: Result = iface.decodeFunctionResult(name, data)
  return outputs.map((output, i) => plain(output.type, result[i]))
}

/** Returns the deployment transaction's data. */
export const encodeDeployment = (brokerOwner: string): Hex =>
  `${FLYTRAP.bytecode}${iface.encodeDeploy([brokerOwner]).slice(2)}` as Hex

/** Returns which custom error the contract reverted with, or undefined when the data is not one of ours. */
export function explainRevert(data: string): { error: string; args: Record<string, unknown> } | undefined {
  try {
    const parsed = iface.parseError(data)
    if (parsed === null) return undefined
    const args = parsed.fragment.inputs.map((input, i) => [input.name, argument(parsed.args, i, input.type)])
    return { error: parsed.name, args: Object.fromEntries(args) }
  } catch {
    return undefined
  }
}

/** The contract gives back the text that it refused, and ill-formed UTF-8 is one reason to refuse. */
function argument(args: Result, i: number, type: string): unknown {
  try {
    return plain(type, args[i])
  } catch {
    return '(ill-formed text)'
  }
}
