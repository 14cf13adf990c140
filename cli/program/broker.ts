/** @module The broker owner's commands: names and options. */
import type { Command } from 'commander'
import { run, sending } from './run.ts'

const contract = () => import('../commands/broker/contract.ts')
const recorder = () => import('../commands/broker/recorder.ts')

export function addBrokerCommands(program: Command): void {
  sending(program.command('suspend <account>').description('take all rights from an account for a time'))
    .option('--until <time>', '7d, a date, or never')
    .option('--lift', 'give them back')
    .action(run(async () => (await import('../commands/broker/suspend.ts')).suspend))
  sending(program.command('fees').description('the broker owner’s share and fees: shown, or set'))
    .option('--share <percent>', 'of each price, at most 10%')
    .option('--registration <eth>', 'for each registration')
    .option('--publish <eth>', 'for each right to publish, granted, bought or renewed')
    .action(run(async () => (await import('../commands/broker/fees.ts')).fees))
  sending(program.command('auditor <account>').description('let an account read evidence'))
    .option('--topic <filter>', 'about one topic, by its owner (default: about all, by the broker owner)')
    .option('--until <time>', '30d, a date, or never')
    .option('--end', 'no longer')
    .action(run(async () => (await import('../commands/broker/auditor.ts')).auditor))
  addRecorderCommands(program)
  addContractCommands(program)
}

function addRecorderCommands(program: Command): void {
  const recorders = program.command('recorder').description('whose sequences make up the log')
  recorders
    .command('list')
    .description('recorders, and how far they are')
    .action(run(async () => (await recorder()).list))
  sending(recorders.command('add <account>').description('let a proxy or gateway record')).action(
    run(async () => (await recorder()).change('add')),
  )
  sending(recorders.command('retire <account>').description('it serves no longer, and records what it holds')).action(
    run(async () => (await recorder()).change('retire')),
  )
  sending(recorders.command('stop <account>').description('its key was lost or stolen; final')).action(
    run(async () => (await recorder()).change('stop')),
  )
}

function addContractCommands(program: Command): void {
  sending(program.command('pause').description('stop registrations, grants and sales')).action(
    run(async () => (await contract()).pause),
  )
  sending(program.command('unpause').description('resume them')).action(run(async () => (await contract()).unpause))
  const contracts = program.command('contract').description('the contract, and whose it is')
  contracts
    .command('show')
    .description('where it is, who owns it, whether it is paused')
    .action(run(async () => (await contract()).show))
  sending(contracts.command('transfer <account>').description('offer it to another broker owner')).action(
    run(async () => (await contract()).transfer),
  )
  sending(contracts.command('accept').description('take it over')).action(run(async () => (await contract()).accept))
  sending(contracts.command('successor <account>').description('announce the contract to use from now on')).action(
    run(async () => (await contract()).successor),
  )
  sending(contracts.command('report-signer <hash>').description('let a report certificate sign for this contract'))
    .requiredOption('--until <time>', 'a date, 365d, or never')
    .action(run(async () => (await contract()).reportSigner))
}
