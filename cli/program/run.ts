/** @module What every command has in common: options of the program count before and after its name, and only what it needs is loaded. */
import type { Command } from 'commander'

type Action = (...args: never[]) => void | Promise<void>

/** Returns the action that loads the command's function when it is given, with its arguments and all options. */
export const run =
  (load: () => Promise<Action>) =>
  async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command
    const args = given.slice(0, -2)
    const action = (await load()) as (...all: unknown[]) => void | Promise<void>
    await action(...args, command.optsWithGlobals())
  }

/** For commands that sign: who signs. */
export const signing = (command: Command): Command =>
  command
    .option('--as <name>', 'the key of the home that signs (default on the embedded chain: owner)')
    .option('--key-file <file>', 'a file with the private key that signs')

/** For commands that send transactions: cli/actions/carry-out.ts tells the rule. */
export const sending = (command: Command): Command =>
  signing(command)
    .option('-y, --yes', 'agree to what would be asked')
    .option('--dry-run', 'show what would happen and what it costs, and stop')
