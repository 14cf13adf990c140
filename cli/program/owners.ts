/** @module The commands of topic owners, buyers and the broker owner: names and options. */
import type { Command } from 'commander'
import { addBrokerCommands } from './broker.ts'
import { addDeviceCommands } from './devices.ts'
import { run, sending, signing } from './run.ts'
import { addTopicCommands } from './topics.ts'

export function addOwnerCommands(program: Command): void {
  addTopicCommands(program)
  sending(program.command('grant <filter> <account>').description('let an account publish or subscribe'))
    .option('--publish')
    .option('--subscribe')
    .requiredOption('--until <time>', '30d, a date, or never')
    .requiredOption(
      '--basis <basis>',
      'lawful basis: consent, contract, legal-obligation, vital-interests, public-task, legitimate-interests',
    )
    .option('--purpose <text>', 'why; only its salted hash goes on chain')
    .action(run(async () => (await import('../commands/grant.ts')).grant))
  sending(
    program.command('revoke <filter> <account>').description('end an account’s rights, granted and bought, at once'),
  )
    .option('--publish')
    .option('--subscribe')
    .action(run(async () => (await import('../commands/revoke.ts')).revoke))
  program
    .command('rights <filter>')
    .description('who may publish and subscribe, now or at a date')
    .option('--at <time>', 'a date or a time')
    .action(run(async () => (await import('../commands/rights.ts')).rights))
  sending(program.command('buy <filter>').description('buy rights at their owner’s price'))
    .option('--publish')
    .option('--subscribe')
    .option('--purpose <text>', 'why; only its salted hash goes on chain')
    .action(run(async () => (await import('../commands/buy.ts')).buy))
  signing(program.command('income [account]').description('what an account was credited, and can withdraw')).action(
    run(async () => (await import('../commands/income.ts')).income),
  )
  sending(program.command('withdraw [account]').description('pay an account’s income out to it'))
    .option('--to <account>', 'to another, by the account itself')
    .action(run(async () => (await import('../commands/withdraw.ts')).withdraw))
  addDeviceCommands(program)
  addBrokerCommands(program)
}
