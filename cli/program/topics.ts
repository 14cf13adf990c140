/** @module `flytrap topic …`: names and options. */
import type { Command } from 'commander'
import { run, sending, signing } from './run.ts'

const list = () => import('../commands/topic/list.ts')
const terms = () => import('../commands/topic/terms.ts')

const withTerms = (command: Command): Command =>
  command
    .option('--publish-price <eth>', 'for one period; 0 is free, none is not for sale')
    .option('--subscribe-price <eth>', 'for one period; 0 is free, none is not for sale')
    .option('--period <time>', 'what a purchase buys: 30d, or forever')
    .option('--countries <rule>', 'only:DE,FR, except:US, or anywhere')
    .option('--sealed', 'the chain tells of records only that they exist')

const withPublic = (command: Command): Command =>
  command.option('--i-know-this-is-public', 'register a filter although it looks as if it told of a person')

export function addTopicCommands(program: Command): void {
  const topics = program.command('topic').description('registered topics')
  const register = topics
    .command('register <filter>')
    .description('register a topic filter; on chain for ever, for all to see')
  withPublic(withTerms(sending(register)))
    .option('--owner <account>', 'who owns it (default: who signs)')
    .action(run(async () => (await import('../commands/topic/register.ts')).register))
  const voucher = topics
    .command('voucher <filter>')
    .description('the broker owner’s word that an account may have a first-level name')
  withPublic(signing(voucher))
    .requiredOption('--for <account>', 'who may redeem it')
    .option('--until <time>', 'how long', '7d')
    .option('-o, --output <file>', 'write it to a file')
    .action(run(async () => (await import('../commands/topic/voucher.ts')).voucher))
  withPublic(
    withTerms(sending(topics.command('redeem <voucher>').description('register a first-level name by a voucher'))),
  ).action(run(async () => (await import('../commands/topic/redeem.ts')).redeem))
  topics
    .command('list')
    .description('topics, and who may what')
    .action(run(async () => (await list()).list))
  topics
    .command('show <filter>')
    .description('one topic: owner, terms, offers, rights')
    .action(run(async () => (await import('../commands/topic/show.ts')).show))
  withTerms(sending(topics.command('terms <filter>').description('change some terms, keep the others')))
    .option('--no-sealed', 'records are public again')
    .action(run(async () => (await terms()).terms))
  sending(topics.command('price <filter>').description('what rights cost'))
    .option('--publish <eth>', 'for one period; 0 is free, none is not for sale')
    .option('--subscribe <eth>', 'for one period; 0 is free, none is not for sale')
    .option('--period <time>', 'what a purchase buys: 30d, or forever')
    .action(run(async () => (await terms()).price))
  sending(
    topics.command('countries <filter> <rule>').description('where it may be used: only:DE,FR, except:US, or anywhere'),
  ).action(run(async () => (await terms()).countries))
  sending(topics.command('sealed <filter> <on|off>').description('what the chain tells of its records')).action(
    run(async () => (await terms()).sealed),
  )
  sending(topics.command('transfer <filter> [account]').description('offer a topic to another account'))
    .option('--withdraw', 'withdraw the offer')
    .action(run(async () => (await import('../commands/topic/transfer.ts')).transfer))
  sending(topics.command('accept <filter>').description('take over a topic that was offered'))
    .option('--proposal <number>', 'the offer that was read')
    .action(run(async () => (await import('../commands/topic/accept.ts')).accept))
}
