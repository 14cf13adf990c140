/** @module `flytrap device …`: names and options. */
import type { Command } from 'commander'
import { run, sending } from './run.ts'

const authorize = () => import('../commands/device/authorize.ts')

const orCertificate = (command: Command): Command =>
  orSigned(command).option('--certificate <pem>', 'the key of a TLS client’s certificate instead of an account')

const orSigned = (command: Command): Command =>
  sending(command)
    .option('--sign', 'sign only: another sends it and pays the gas')
    .option('--good-for <time>', 'how long what is signed may be sent', '1d')
    .option('-o, --output <file>', 'write what is signed to a file')

export function addDeviceCommands(program: Command): void {
  const devices = program.command('device').description('what devices need')
  orSigned(devices.command('credential').description('a user name and password for one client id, or the end of one'))
    .option('--client-id <id>', 'the MQTT client id that it is for')
    .option('--for <account>', 'the owner wallet that it speaks for (default: who signs)')
    .option('--until <time>', 'at most 90d', '30d')
    .option('--revoke <credential>', 'end the credential of this id')
    .action(run(async () => (await import('../commands/device/credential.ts')).credential))
  orCertificate(devices.command('authorize [account]').description('let a device’s key sign in for a wallet'))
    .requiredOption('--until <time>', '30d, a date, or never')
    .action(run(async () => (await authorize()).authorize))
  orCertificate(devices.command('revoke [account]').description('a device’s key signs in no longer')).action(
    run(async () => (await authorize()).revoke),
  )
  sending(devices.command('submit <signed>').description('send what a wallet signed with --sign')).action(
    run(async () => (await import('../commands/device/submit.ts')).submit),
  )
}
