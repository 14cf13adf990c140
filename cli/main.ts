/** @module The command: names, options and what each does; every command is one thin function. */
import { Command, CommanderError } from 'commander'
import colors from 'picocolors'
import { describe } from './errors.ts'
import { addEvidenceCommands } from './program/evidence.ts'
import { addOwnerCommands } from './program/owners.ts'
import { run } from './program/run.ts'
import { visible } from './terminal/output.ts'

const program = new Command('flytrap')
  .description('A secure proxy in front of any MQTT broker: who may access which topic, and who did, provably.')
  .version('0.1.0')
  .option('--home <dir>', 'the home to work on (default: FLYTRAP_HOME, or the nearest .flytrap)')
  .option('--json', 'answer in JSON, one object a line')
  .showHelpAfterError('(npx flytrap help COMMAND tells more)')
  .exitOverride()
  .configureOutput({ writeErr: () => {} })

const answers = () => import('./commands/answers.ts')
const ban = () => import('./commands/ban.ts')
const rules = () => import('./commands/rules.ts')
const service = () => import('./commands/service.ts')
const wallet = () => import('./commands/wallet.ts')

program
  .command('up')
  .description('start everything, and keep it running')
  .option('--demo', 'tell a new home’s story')
  .option('--proxies <count>', 'proxies in processes of their own, on the same ports (FLYTRAP_PROXIES)')
  .action(run(async () => (await import('./commands/up.ts')).up))
program
  .command('demo')
  .description('tell the story on the running flytrap')
  .action(run(async () => (await service()).demo))
program
  .command('status')
  .description('what runs, what is recorded, what waits')
  .action(run(async () => (await service()).status))
program
  .command('flush')
  .description('close windows, anchor, wait until final')
  .action(run(async () => (await service()).flush))

program
  .command('doctor')
  .description('what to look at when something does not work, with the line that mends it')
  .action(run(async () => (await import('./commands/doctor.ts')).doctor))
program
  .command('probe')
  .description('sign in as a device of its own, and demand its record on chain')
  .option('--within <time>', 'how long the record may take', '1m')
  .action(run(async () => (await import('./commands/probe.ts')).probe))
program
  .command('check')
  .description('journal, evidence and chain against each other: what is missing, doubled or altered')
  .action(run(async () => (await import('./commands/check.ts')).check))

const ruleCommands = program.command('rules').description('flytrap.yaml: what is captured, and what is abuse')
ruleCommands
  .command('check [file]')
  .description('name every problem, and change nothing')
  .action(run(async () => (await rules()).check))
ruleCommands
  .command('show')
  .description('the rules in force, and their hash on chain')
  .action(run(async () => (await rules()).show))
ruleCommands
  .command('reload')
  .description('put the file in force')
  .action(run(async () => (await rules()).reload))

const bans = program.command('ban').description('who is shut out by the rules about abuse')
bans
  .command('list')
  .description('the bans in force, by this proxy and others')
  .action(run(async () => (await ban()).list))
bans
  .command('lift <whom>')
  .description('end a ban: an IP address or an account')
  .option('--client-id <id>', 'of this client id alone')
  .action(run(async () => (await ban()).lift))

const wallets = program.command('wallet').description('named keys of the home')
wallets
  .command('new <name>')
  .description('make a key')
  .action(run(async () => (await wallet()).create))
wallets
  .command('list')
  .description('the home’s keys')
  .action(run(async () => (await wallet()).list))

addOwnerCommands(program)
addEvidenceCommands(program)

program
  .command('who <filter>')
  .description('who accessed a topic, when and why')
  .option('--from <time>')
  .option('--to <time>')
  .action(run(async () => (await answers()).who))
program
  .command('report')
  .description('signed PDF reports')
  .command('topic-access')
  .description('who accessed a topic')
  .requiredOption('--topic <filter>')
  .option('--from <time>')
  .option('--to <time>')
  .option('-o, --output <file>')
  .action(run(async () => (await answers()).reportTopicAccess))
program
  .command('verify <file>')
  .description('doubt a report, offline or with a node; needs nothing of ours')
  .option('--rpc <url>', 'a node of the report’s chain')
  .option('--root <pem>', 'the report certificate that you trust')
  .option('--block-hash <hash>', 'the hash of the report’s block, from any explorer')
  .option('--strict', 'what was not checked counts as failed')
  .action(run(async () => (await answers()).verify))

/** 0 done, 1 refused or failed, 2 wrong usage. */
export async function main(args = process.argv.slice(2)): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return failUsage(error)
    const { code, message, exitCode } = describe(error)
    if (program.opts().json === true) console.error(JSON.stringify({ error: code, message }))
    else console.error(`${colors.red('✗')} ${message.split('\n').map(visible).join('\n')}`)
    process.exitCode = exitCode
  }
}

function failUsage(error: CommanderError): void {
  if (error.exitCode === 0) return // help and version were shown
  const isHelp = error.code === 'commander.help'
  if (isHelp) console.error(program.helpInformation())
  else console.error(`${colors.red('✗')} ${visible(error.message)}\n  npx flytrap --help tells what there is.`)
  process.exitCode = 2
}
