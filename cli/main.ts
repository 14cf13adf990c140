/** @module The command: names, options and what each does; every command is one thin function. */
import { Command, CommanderError } from 'commander'
import colors from 'picocolors'
import { describe } from './errors.ts'

const program = new Command('flytrap')
  .description('A secure proxy in front of any MQTT broker: who may access which topic, and who did, provably.')
  .version('0.1.0')
  .option('--home <dir>', 'the home to work on (default: FLYTRAP_HOME, or the nearest .flytrap)')
  .option('--json', 'answer in JSON, one object a line')
  .showHelpAfterError('(npx flytrap help COMMAND tells more)')
  .exitOverride()
  .configureOutput({ writeErr: () => {} })

type Action = (...args: never[]) => void | Promise<void>

/** Options of the program count for every command, before or after its name. Only what a command needs is loaded. */
const run =
  (load: () => Promise<Action>) =>
  async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command
    const args = given.slice(0, -2)
    const action = (await load()) as (...all: unknown[]) => void | Promise<void>
    await action(...args, command.optsWithGlobals())
  }

const answers = () => import('./commands/answers.ts')
const device = () => import('./commands/device.ts')
const rights = () => import('./commands/grant.ts')
const rules = () => import('./commands/rules.ts')
const service = () => import('./commands/service.ts')
const topic = () => import('./commands/topic.ts')
const wallet = () => import('./commands/wallet.ts')

const signing = (command: Command): Command =>
  command
    .option('--as <name>', 'the key of the home that signs (default on the embedded chain: owner)')
    .option('--key-file <file>', 'a file with the private key that signs')
    .option('-y, --yes', 'agree to what would be asked')

program
  .command('up')
  .description('start everything, and keep it running')
  .option('--demo', 'tell a new home’s story')
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

const wallets = program.command('wallet').description('named keys of the home')
wallets
  .command('new <name>')
  .description('make a key')
  .action(run(async () => (await wallet()).create))
wallets
  .command('list')
  .description('the home’s keys')
  .action(run(async () => (await wallet()).list))

const topics = program.command('topic').description('registered topics')
signing(topics.command('register <filter>').description('register a topic filter; on chain for ever, for all to see'))
  .option('--owner <account>', 'who owns it (default: who signs)')
  .action(run(async () => (await topic()).register))
topics
  .command('list')
  .description('topics, and who may what')
  .action(run(async () => (await topic()).list))

signing(program.command('grant <filter> <account>').description('let an account publish or subscribe'))
  .option('--publish')
  .option('--subscribe')
  .requiredOption('--until <time>', '30d, a date, or never')
  .requiredOption(
    '--basis <basis>',
    'lawful basis: consent, contract, legal-obligation, vital-interests, public-task, legitimate-interests',
  )
  .option('--purpose <text>', 'why; only its salted hash goes on chain')
  .action(run(async () => (await rights()).grant))
signing(program.command('revoke <filter> <account>').description('end an account’s rights, at once'))
  .option('--publish')
  .option('--subscribe')
  .action(run(async () => (await rights()).revoke))

const devices = program.command('device').description('what devices need')
signing(devices.command('credential').description('a user name and password for one client id'))
  .requiredOption('--client-id <id>', 'the MQTT client id that it is for')
  .option('--for <account>', 'the owner wallet that it speaks for (default: who signs)')
  .option('--until <time>', 'at most 90d', '30d')
  .action(run(async () => (await device()).credential))

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
async function main(): Promise<void> {
  try {
    await program.parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) return failUsage(error)
    const { code, message, exitCode } = describe(error)
    if (program.opts().json === true) console.error(JSON.stringify({ error: code, message }))
    else console.error(`${colors.red('✗')} ${message}`)
    process.exitCode = exitCode
  }
}

function failUsage(error: CommanderError): void {
  if (error.exitCode === 0) return // help and version were shown
  const isHelp = error.code === 'commander.help'
  if (isHelp) console.error(program.helpInformation())
  else console.error(`${colors.red('✗')} ${error.message}\n  npx flytrap --help tells what there is.`)
  process.exitCode = 2
}

await main()
