/** @module The commands of whoever answers for evidence: names and options. */
import type { Command } from 'commander'
import { run } from './run.ts'

const erasure = () => import('../commands/erase.ts')
const hold = () => import('../commands/hold.ts')

export function addEvidenceCommands(program: Command): void {
  program
    .command('erase')
    .description('forget the evidence of an account or about a topic (GDPR Art. 17)')
    .option('--account <account>', 'the data subject’s wallet')
    .option('--topic <filter>', 'a topic, with what lies below it')
    .option('-y, --yes', 'agree to what would be asked')
    .action(run(async () => (await erasure()).erase))
  program
    .command('erasures')
    .description('what was erased, and how far it is')
    .action(run(async () => (await erasure()).listErasures))
  program
    .command('receipt')
    .description('what a device was promised')
    .command('check <receipt>')
    .description('whether the promise was kept; needs a node and a gateway, and no home')
    .option('--rpc <url>', 'a node of the chain (default: the home’s)')
    .option('--contract <address>', 'the contract, with --rpc')
    .option('--from-block <number>', 'where the contract was deployed: saves looking before it')
    .option('--gateway <url>', 'any gateway of the deployment (default: the home’s)')
    .action(run(async () => (await import('../commands/receipt.ts')).checkReceipt))
  const holds = program.command('hold').description('what a legal claim keeps from being erased')
  holds
    .command('set')
    .description('hold evidence')
    .option('--account <account>')
    .option('--topic <filter>')
    .requiredOption('--reason <text>', 'why; kept beside the hold')
    .action(run(async () => (await hold()).set))
  holds
    .command('lift <id>')
    .description('let it be erased again')
    .action(run(async () => (await hold()).lift))
  holds
    .command('list')
    .description('all holds, lifted ones too')
    .action(run(async () => (await hold()).list))
}
